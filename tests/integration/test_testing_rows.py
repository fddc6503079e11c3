"""Rows created from contracts in a project's tests equal the rows of tables."""

from enum import Enum

from pydantic import BaseModel

from alur import SilverTable
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
