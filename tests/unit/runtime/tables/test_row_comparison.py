"""Two tables are the same, or the message shows their first differences."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from decimal import Decimal
from typing import Annotated

import pyarrow as pa
import pytest
from pydantic import Field

from alur import BronzeTable, SilverTable
from alur.runtime.tables.row_comparison import compare_tables


class Sale(SilverTable, key="id"):
    id: int
    shop: str | None = None
    amount: float | None = None


class Loose(SilverTable):
    name: str
    amount: Annotated[Decimal, Field(max_digits=9, decimal_places=2)]


class Landed(BronzeTable):
    id: int


SALES = pa.schema(
    [pa.field("id", pa.int64(), nullable=False), ("shop", pa.string()), ("amount", pa.float64())]
)


def sales(*rows):
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([list(column) for column in columns], schema=SALES)


def differences(here, there, contract=Sale, ignored=()):
    return compare_tables(here, there, contract.__contract__, ignored).differences


def test_the_order_of_rows_says_nothing():
    rows = [(1, "a", 1.5), (2, None, None), (3, "b", math.nan), (3, "b", math.nan)]
    assert differences(sales(*rows), sales(*reversed(rows))) == ()


def test_no_rows():
    found = compare_tables(sales(), sales(), Sale.__contract__)
    assert (found.table, found.rows_here, found.rows_there) == ("silver.sale", 0, 0)
    assert found.differences == ()


def test_a_value_that_differs_is_told_with_its_key():
    here = sales((1, "a", 1.5), (2, "b", 2.5))
    there = sales((1, "a", 1.5), (2, "c", 2.75))
    assert differences(here, there) == (
        "1 row differs",
        "id=2: shop is b here and c in the sandbox; amount is 2.5 here and 2.75 in the sandbox",
    )


def test_rows_that_are_on_one_side_only():
    here = sales((1, "a", 1.5), (2, "b", 2.5))
    there = sales((1, "a", 1.5), (3, None, None))
    assert differences(here, there) == (
        "1 row differs",
        "only here: id=2, shop=b, amount=2.5",
        "only in the sandbox: id=3, shop=None, amount=None",
    )


def test_a_row_that_is_there_twice():
    row = (1, "a", 1.5)
    assert differences(sales(row), sales(row, row)) == (
        "1 row differs",
        "only in the sandbox: id=1, shop=a, amount=1.5",
    )


def test_only_the_first_of_many():
    here = sales(*((n, "a", 1.0) for n in range(20)))
    there = sales(*((n, "b", 1.0) for n in range(20)))
    found = differences(here, there)
    assert found[0] == "20 rows differ"
    assert found[-1] == "and 15 more"
    assert len(found) == 7


def test_without_a_key_rows_are_told_whole():
    schema = pa.schema([("name", pa.string()), ("amount", pa.decimal128(9, 2))])
    here = pa.table([["a", "b"], [Decimal("1.00"), Decimal("2.00")]], schema=schema)
    there = pa.table([["a", "b"], [Decimal("1.00"), Decimal("2.01")]], schema=schema)
    assert differences(here, there, Loose) == (
        "1 row differs",
        "only here: name=b, amount=2.00",
        "only in the sandbox: name=b, amount=2.01",
    )


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        (1e300, 1e300 * (1 + 1e-12), True),
        (0.3, 0.3001, False),
        (0.0, 1e-30, False),
        (math.nan, 0.0, False),
        (math.inf, -math.inf, False),
        (None, 0.0, False),
        (-0.0, 0.0, True),
    ],
)
def test_floats_may_differ_by_the_order_in_which_they_were_added(a, b, same):
    assert (differences(sales((1, "x", a)), sales((1, "x", b))) == ()) is same


def test_close_floats_do_not_hide_other_differences():
    here = sales((1, "x", 0.1 + 0.2), (2, "x", 1.0))
    there = sales((1, "x", 0.3), (2, "y", 1.0))
    assert differences(here, there) == (
        "1 row differs",
        "id=2: shop is x here and y in the sandbox",
    )


def test_values_within_values():
    type_ = pa.struct([("xs", pa.list_(pa.float64())), ("m", pa.map_(pa.string(), pa.int32()))])
    schema = pa.schema([("id", pa.int64()), ("shop", type_)])

    def table(xs, m):
        return pa.table([[1, 2], [{"xs": xs, "m": m}, None]], schema=schema)

    here = table([0.1 + 0.2, None], [("a", 1), ("b", 2)])
    assert differences(here, table([0.3, None], [("b", 2), ("a", 1)])) == ()
    assert differences(here, table([0.3], [("a", 1), ("b", 2)])) == (
        "1 row differs",
        "id=1: shop is ((xs, (0.30000000000000004, None)), (m, ((a, 1), (b, 2)))) here and "
        "((xs, (0.3)), (m, ((a, 1), (b, 2)))) in the sandbox",
    )
    assert len(differences(here, table(None, None))) == 2


def test_columns_that_differ():
    other = pa.table({"id": pa.array([1], pa.int32()), "amount": [1.5], "new": ["x"]})
    assert differences(sales((1, "a", 1.5)), other) == (
        "column id: here int64 not null, in the sandbox int32",
        "column shop: here string, in the sandbox none",
        "column new: here none, in the sandbox string",
    )
    reordered = sales((1, "a", 1.5)).select(["shop", "id", "amount"])
    assert differences(sales((1, "a", 1.5)), reordered) == ("the columns are in another order",)


def test_what_names_a_run_is_left_aside():
    def landed(run, hour, file="a.csv"):
        at = datetime(2026, 12, 1, hour, tzinfo=timezone.utc)
        columns = {"id": [1], "_ingested_at": [at], "_source_file": [file], "_run_id": [run]}
        return pa.table(columns)

    contract = Landed.__contract__
    found = compare_tables(landed("jr_1", 2), landed("0a1b", 3), contract)
    assert (found.left_out, found.differences) == (("_ingested_at", "_run_id"), ())
    assert compare_tables(landed("x", 2), landed("x", 2, "b.csv"), contract).differences


def test_columns_that_the_user_leaves_out():
    here, there = sales((1, "a", 1.5)), sales((1, "b", 1.5))
    assert differences(here, there, ignored=["shop"]) == ()
    assert compare_tables(here, there, Sale.__contract__, ["shop"]).left_out == ("shop",)


def test_of_a_table_without_columns_to_compare_the_number_of_rows_is_left():
    here, there = sales((1, "a", 1.5)), sales((1, "b", 1.5), (2, "b", 1.5))
    ignored = ["id", "shop", "amount"]
    assert differences(here, there, ignored=ignored) == ("the numbers of rows differ",)
    assert differences(here, here, ignored=ignored) == ()


def test_maps_by_structs():
    key = pa.struct([("x", pa.float64()), ("y", pa.string())])
    schema = pa.schema([("id", pa.int64()), ("shop", pa.map_(key, pa.int32()))])

    def table(*items):
        entries = [({"x": x, "y": y}, value) for (x, y), value in items]
        return pa.table([[1], [entries]], schema=schema)

    here = table(((1.0, "a"), 1), ((2.0, None), 2))
    assert differences(here, table(((2.0, None), 2), ((1.0, "a"), 1))) == ()
    assert differences(here, table(((2.0, None), 2), ((1.0, "b"), 1)))
