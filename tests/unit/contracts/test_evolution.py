"""Comparing contracts: laws for all columns, and Iceberg's promotions one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.contracts.columns import (
    ArrayType,
    Column,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)
from alur.contracts.evolution import compare_columns, widens

PRIMITIVES = st.sampled_from(
    ["string", "bigint", "int", "double", "float", "boolean", "binary", "date", "timestamp"]
).map(PrimitiveType)
DECIMALS = st.integers(1, 38).flatmap(
    lambda digits: st.builds(DecimalType, st.just(digits), st.integers(0, digits))
)
NAMES = st.text("abcdefgh", min_size=1, max_size=3)


def nested(inner, nullable=st.booleans()):  # noqa: B008 - a strategy is immutable
    fields = st.lists(
        st.builds(Column, NAMES, inner, nullable),
        min_size=1,
        max_size=3,
        unique_by=lambda c: c.name,
    )
    return (
        st.builds(ArrayType, inner, st.booleans())
        | st.builds(MapType, inner, st.booleans())
        | st.builds(StructType, fields.map(tuple))
    )


TYPES = st.recursive(PRIMITIVES | DECIMALS, nested, max_leaves=5)
OPTIONAL_TYPES = st.recursive(
    PRIMITIVES | DECIMALS, lambda inner: nested(inner, st.just(True)), max_leaves=5
)


def tables(types):
    columns = st.builds(Column, NAMES, types, st.booleans())
    return st.lists(columns, max_size=6, unique_by=lambda column: column.name)


TABLES = tables(TYPES)
# A table does not record whether a column's inner values may be null.
RECORDED = tables(OPTIONAL_TYPES)


@given(TABLES)
def test_a_table_differs_from_itself_in_nothing(columns):
    assert compare_columns(columns, columns) == []


@given(TABLES)
def test_order_and_descriptions_are_no_difference(columns):
    other = [Column(c.name, c.type, c.nullable, "described") for c in reversed(columns)]
    assert compare_columns(columns, other) == []


@given(TABLES, TABLES)
def test_what_is_added_one_way_is_dropped_the_other(old, new):
    there, back = compare_columns(old, new), compare_columns(new, old)
    added = {change.column for change in there if " was added" in change.message}
    assert added == {change.column for change in back if change.message.endswith("was dropped")}
    # A dot separates a column from a field within it.
    columns = {name for name in added if "." not in name}
    assert columns == {c.name for c in new} - {c.name for c in old}
    assert all(not change.compatible for change in there if "was dropped" in change.message)


@given(RECORDED, RECORDED, RECORDED)
def test_compatible_changes_add_up(first, second, third):
    def compatible(old, new):
        return all(change.compatible for change in compare_columns(old, new))

    if compatible(first, second) and compatible(second, third):
        assert compatible(first, third)


@given(TYPES, TYPES)
def test_no_two_types_widen_to_each_other(one, other):
    assert not (widens(one, other) and widens(other, one))
    assert not widens(one, one)


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        (PrimitiveType("int"), PrimitiveType("bigint"), True),
        (PrimitiveType("float"), PrimitiveType("double"), True),
        (DecimalType(5, 2), DecimalType(6, 2), True),
        (DecimalType(5, 2), DecimalType(6, 3), False),
        (DecimalType(6, 2), DecimalType(5, 2), False),
        (PrimitiveType("bigint"), PrimitiveType("int"), False),
        (PrimitiveType("int"), PrimitiveType("double"), False),
        (PrimitiveType("int"), PrimitiveType("string"), False),
        (PrimitiveType("date"), PrimitiveType("timestamp"), False),
    ],
)
def test_promotions(old, new, wider):
    assert widens(old, new) is wider
    (change,) = compare_columns([Column("x", old, True)], [Column("x", new, True)])
    assert (change.compatible, change.widens) == (wider, wider)


def test_nullability():
    needed = Column("x", PrimitiveType("int"), nullable=False)
    optional = Column("x", PrimitiveType("int"), nullable=True)
    assert [c.compatible for c in compare_columns([needed], [optional])] == [True]
    assert [c.compatible for c in compare_columns([optional], [needed])] == [False]
    assert [c.compatible for c in compare_columns([], [optional])] == [True]
    assert [c.compatible for c in compare_columns([], [needed])] == [False]


def place(*fields):
    return StructType(tuple(fields))


N, BIG, TEXT = (
    Column("n", PrimitiveType("int"), True),
    Column("n", PrimitiveType("bigint"), True),
    Column("s", PrimitiveType("string"), True),
)
REQUIRED = Column("r", PrimitiveType("date"), False)


@pytest.mark.parametrize(
    ("old", "new", "message", "compatible"),
    [
        ([N], [BIG], "{}.n: int became bigint", True),
        ([BIG], [N], "{}.n: bigint became int", False),
        ([N], [N, TEXT], "{}.s was added", True),
        ([N], [TEXT, N], "{}.s was added", True),
        ([N], [N, REQUIRED], "{}.r was added and is required", False),
        ([N, TEXT], [N], "{}.s was dropped", False),
        ([N, TEXT], [TEXT, N], "{}: its fields change places", False),
    ],
)
@pytest.mark.parametrize(
    ("wrap", "path"),
    [
        (lambda inner: inner, "x"),
        (lambda inner: ArrayType(inner, True), "x.element"),
        (lambda inner: MapType(inner, False), "x.value"),
        (lambda inner: place(Column("o", ArrayType(inner, False), True)), "x.o.element"),
    ],
)
def test_what_columns_hold_changes_as_columns_do(wrap, path, old, new, message, compatible):
    columns = [[Column("x", wrap(place(*fields)), True)] for fields in (old, new)]
    (change,) = compare_columns(*columns)
    assert change.message == message.format(path)
    assert (change.compatible, change.widens) == (compatible, compatible)
