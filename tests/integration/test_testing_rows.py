"""Rows created from contracts in a project's tests equal the rows of tables."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, field_serializer
from pyspark.sql import functions as F

from alur import BronzeTable, Float32, Int32, SilverTable
from alur.errors import ContractError
from alur.testing import rows


class Kind(str, Enum):  # noqa: UP042 - what many projects have
    PURCHASE = "purchase"
    REFUND = "refund"


class Plain(Enum):
    LEFT = "left"


class Inner(BaseModel):
    kind: Kind
    plain: Plain | None


class Events(SilverTable):
    id: int
    kind: Kind
    plain: Plain
    optional: Kind | None
    inner: Inner
    kinds: list[Kind]
    inners: list[Inner]
    by_name: dict[str, Plain]
    inner_by_name: dict[str, Inner]


def test_members_of_an_enum_are_their_values(engines):
    inner = Inner(kind=Kind.REFUND, plain=None)
    event = Events(
        id=1,
        kind=Kind.PURCHASE,
        plain=Plain.LEFT,
        optional=None,
        inner=Inner(kind=Kind.PURCHASE, plain=Plain.LEFT),
        kinds=[Kind.PURCHASE, Kind.REFUND],
        inners=[inner],
        by_name={"a": Plain.LEFT},
        inner_by_name={"b": inner},
    )
    frame = rows(engines.sail, [event, event.model_copy(update={"id": 2, "kind": Kind.REFUND})])

    first, second = (row.asDict(recursive=True) for row in frame.orderBy("id").collect())

    assert first == {
        "id": 1,
        "kind": "purchase",
        "plain": "left",
        "optional": None,
        "inner": {"kind": "purchase", "plain": "left"},
        "kinds": ["purchase", "refund"],
        "inners": [{"kind": "refund", "plain": None}],
        "by_name": {"a": "left"},
        "inner_by_name": {"b": {"kind": "refund", "plain": None}},
    }
    assert second["kind"] == "refund"
    assert frame.filter("kind = 'purchase' AND inner.plain = 'left'").count() == 1


class EveryType(SilverTable):
    text: str | None
    number: int | None
    small: Int32 | None
    wide: float | None
    narrow: Float32 | None
    flag: bool | None
    data: bytes | None
    day: date | None
    moment: datetime | None
    amount: Decimal | None = Field(max_digits=12, decimal_places=2)
    amounts: list[Annotated[Decimal, Field(max_digits=6, decimal_places=1)] | None] | None
    moments: dict[str, datetime] | None
    kind: Literal["a", "b"] | None


def a_row_of_every_type():
    return EveryType(
        text="",
        number=-(2**63),
        small=2**31 - 1,
        wide=-0.0,
        narrow=0.1,
        flag=False,
        data=b"\x00\xff",
        day=date(1, 1, 1),
        moment=datetime(2024, 1, 5, 14, 30, 0, 123456, timezone(timedelta(hours=2))),
        amount=Decimal("5"),
        amounts=[Decimal("1.5"), None],
        moments={"a": datetime(1969, 12, 31, 23, 59, 59)},
        kind="b",
    )


def test_values_of_every_type_are_those_of_a_table(engines):
    session = engines.sail
    nothing = EveryType(**dict.fromkeys(EveryType.model_fields))

    frame = rows(session, [a_row_of_every_type(), nothing])
    first, second = frame.orderBy(F.col("text").isNull()).collect()

    assert first.asDict() == {
        "text": "",
        "number": -(2**63),
        "small": 2**31 - 1,
        "wide": 0.0,
        "narrow": 0.10000000149011612,
        "flag": False,
        "data": b"\x00\xff",
        "day": date(1, 1, 1),
        "moment": datetime(2024, 1, 5, 12, 30, 0, 123456),
        "amount": Decimal("5.00"),
        "amounts": [Decimal("1.5"), None],
        "moments": {"a": datetime(1969, 12, 31, 23, 59, 59)},
        "kind": "b",
    }
    assert str(first.wide) == "-0.0"
    assert set(second) == {None}
    types = dict(frame.dtypes)
    assert (types["small"], types["narrow"], types["amount"]) == ("int", "float", "decimal(12,2)")


def test_no_rows_make_an_empty_frame_of_the_contract(engines):
    frame = rows(engines.sail, [], EveryType)
    assert frame.columns == list(EveryType.model_fields)
    assert frame.collect() == []


class Landed(BronzeTable):
    id: int


def test_rows_of_a_bronze_table_have_its_system_columns(engines):
    frame = rows(engines.sail, [Landed(id=1)])
    assert frame.columns == ["id", "_ingested_at", "_source_file", "_run_id"]
    assert tuple(frame.collect()[0]) == (1, datetime(2000, 1, 1), None, "test")


class Guarded(BaseModel):
    shown: str = Field(exclude=True)

    @field_serializer("shown")
    def hide(self, value: str) -> str:
        return "hidden"


class WithSerializer(SilverTable):
    secret: int = Field(exclude=True)
    inner: Guarded


def test_the_serialization_of_a_model_does_not_change_its_rows(engines):
    frame = rows(engines.sail, [WithSerializer(secret=7, inner=Guarded(shown="real"))])
    assert frame.collect()[0].asDict(recursive=True) == {"secret": 7, "inner": {"shown": "real"}}


def test_rows_of_several_contracts_are_refused(engines):
    for given, contract in [([], None), ([Landed(id=1)], EveryType)]:
        with pytest.raises(ContractError, match="the rows belong to"):
            rows(engines.sail, given, contract)
