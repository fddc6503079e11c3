"""The column type of each annotation, and the rules from constraints."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Optional

import pytest
from pydantic import BaseModel, Field, PositiveInt, conint, constr

from alur import BronzeTable, Float32, GoldTable, Int32, SilverTable
from alur.contracts.table import contract_of
from alur.errors import AlurError, ContractError


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Place(BaseModel):
    city: str
    lat: float | None = Field(None, ge=-90)


def columns(annotation, default=...):
    """Return the only column of a contract with this annotation for a field ``x``, and the contract's rules."""
    namespace = {"__annotations__": {"x": annotation}, "__module__": __name__}
    if default is not ...:
        namespace["x"] = default
    contract = contract_of(type(SilverTable)("T", (SilverTable,), namespace))
    (column,) = contract.columns
    return column, [(rule.kind, ".".join(rule.columns), rule.value) for rule in contract.rules]


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        (str, "string"),
        (int, "bigint"),
        (Int32, "int"),
        (float, "double"),
        (Float32, "float"),
        (bool, "boolean"),
        (bytes, "binary"),
        (date, "date"),
        (datetime, "timestamp"),
        (Annotated[Decimal, Field(max_digits=12, decimal_places=2)], "decimal(12,2)"),
        (Annotated[Decimal, Field(max_digits=38, decimal_places=38)], "decimal(38,38)"),
        (list[int], "array<bigint>"),
        (dict[str, list[Int32]], "map<string,array<int>>"),
        (Place, "struct<city:string,lat:double>"),
        (list[Place], "array<struct<city:string,lat:double>>"),
        (list[Annotated[Decimal, Field(max_digits=5, decimal_places=1)]], "array<decimal(5,1)>"),
        (Literal["a", "b"], "string"),
        (Colour, "string"),
    ],
)
def test_types(annotation, type_):
    column, _ = columns(annotation)
    assert (str(column.type), column.nullable) == (type_, False)
    column, _ = columns(Optional[annotation])  # noqa: UP045 - both spellings
    assert (str(column.type), column.nullable) == (type_, True)


@pytest.mark.parametrize(
    ("annotation", "default", "rules"),
    [
        (int, Field(ge=1, lt=9), [("ge", "x", 1), ("lt", "x", 9)]),
        (int, Field(gt=1, le=9), [("gt", "x", 1), ("le", "x", 9)]),
        (PositiveInt, ..., [("gt", "x", 0)]),
        (conint(ge=3), ..., [("ge", "x", 3)]),
        (constr(min_length=1, pattern="a+"), ..., [("min_length", "x", 1), ("pattern", "x", "a+")]),
        (str, Field(min_length=1, max_length=3), [("min_length", "x", 1), ("max_length", "x", 3)]),
        (bytes, Field(max_length=3), [("max_length", "x", 3)]),
        (date, Field(ge=date(2024, 1, 1)), [("ge", "x", date(2024, 1, 1))]),
        (
            Decimal,
            Field(max_digits=5, decimal_places=2, gt=Decimal("0.5")),
            [("gt", "x", Decimal("0.5"))],
        ),
        (Literal["a", "b"], ..., [("one_of", "x", ("a", "b"))]),
        (Colour, ..., [("one_of", "x", ("red", "blue"))]),
        (
            list[Annotated[int, Field(ge=0)]],
            Field(min_length=1),
            [("min_length", "x", 1), ("not_null", "x.element", None), ("ge", "x.element", 0)],
        ),
        (dict[str, int | None], Field(max_length=9), [("max_length", "x", 9)]),
        (Place, ..., [("not_null", "x.city", None), ("ge", "x.lat", -90)]),
        (
            list[Place | None],
            ...,
            [("not_null", "x.element.city", None), ("ge", "x.element.lat", -90)],
        ),
        (
            dict[str, list[Colour]],
            ...,
            [
                ("not_null", "x.value", None),
                ("not_null", "x.value.element", None),
                ("one_of", "x.value.element", ("red", "blue")),
            ],
        ),
    ],
)
def test_constraints_become_rules(annotation, default, rules):
    _, declared_rules = columns(annotation, default)
    assert declared_rules == [("not_null", "x", None), *rules]


def test_a_nullable_column_keeps_its_rules_but_not_null():
    assert columns(int | None, Field(None, ge=1))[1] == [("ge", "x", 1)]
    assert columns(Literal["a", None])[1] == [("one_of", "x", ("a",))]


def test_descriptions_come_along():
    column, _ = columns(Annotated[int | None, Field(description="How many")])
    assert column.description == "How many"


def test_keywords_of_a_class():
    class Orders(
        SilverTable,
        name="shop_orders",
        key=("a", "b"),
        partition_by="a",
        owners="team:sales",
        tags={"pii": "no"},
        on_violation="warn",
    ):
        """Orders of the shop."""

        a: str
        b: int

    contract = contract_of(Orders)
    assert (contract.identifier, contract.key, contract.owners) == (
        "silver.shop_orders",
        ("a", "b"),
        ("team:sales",),
    )
    assert (contract.tags, contract.on_violation) == ((("pii", "no"),), "warn")
    assert contract.description == "Orders of the shop."
    assert [str(part) for part in contract.partition_by] == ["a"]
    assert contract.rules[-1].describe() == "a, b must be unique"
    assert contract.location.path == __file__


def test_inherited_fields_are_kept():
    class Audit(BaseModel):
        changed_by: str

    class Base(SilverTable, key="id"):
        id: int

    class Wider(Base, Audit, key="id"):
        more: str

    assert {column.name for column in contract_of(Wider).columns} == {"id", "more", "changed_by"}
    assert [column.name for column in contract_of(Base).columns] == ["id"]
    assert contract_of(Wider).table == "wider"


def test_every_layer_and_its_system_columns():
    class A(BronzeTable):
        n: int

    class B(GoldTable):
        n: int

    assert [c.name for c in contract_of(A).columns if c.system] == [
        "_ingested_at",
        "_source_file",
        "_run_id",
    ]
    assert (contract_of(A).identifier, contract_of(B).identifier) == ("bronze.a", "gold.b")
    assert [c.name for c in contract_of(B).columns] == ["n"]
    with pytest.raises(ContractError, match="declares no table"):
        contract_of(SilverTable)


def test_a_contract_stays_a_pydantic_model():
    class Orders(SilverTable, key="id"):
        id: int
        note: str | None = None

    assert Orders(id=1).model_dump() == {"id": 1, "note": None}


def test_all_problems_of_a_class_come_together_each_with_its_line():
    with pytest.raises(ContractError) as caught:

        class Bad(SilverTable, key="nope", partition_by="gone"):
            a: set[int]
            b: Decimal
            c: int = Field(multiple_of=2)

    problems = caught.value.problems
    lines = [problem.where.line for problem in problems]
    first = line_of_bad()
    assert lines == [first + 1, first + 2, first + 3, first, first]
    assert all(isinstance(problem, AlurError) and problem.remedy for problem in problems)


@pytest.mark.parametrize("annotations", [{"a": complex}, {"a": complex, "b": complex}])
def test_one_mistake_and_several_are_caught_alike(annotations):
    with pytest.raises(ContractError) as caught:
        type("T", (SilverTable,), {"__annotations__": annotations, "__module__": __name__})
    assert [problem.message.partition(":")[0] for problem in caught.value.problems] == [
        f"T.{name}" for name in annotations
    ]


def test_a_field_that_is_wrong_is_not_said_to_be_missing():
    with pytest.raises(ContractError) as caught:

        class Wrong(SilverTable, key="a", partition_by="b"):
            a: complex
            b: complex
            c: int

    assert [problem.message.partition(":")[0] for problem in caught.value.problems] == [
        "Wrong.a",
        "Wrong.b",
    ]


def line_of_bad():
    text = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(text, 1) if "class Bad(SilverTable" in line)
