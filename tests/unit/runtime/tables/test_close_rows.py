"""Rows that are equal within a tolerance are those that comparing each with each finds."""

from __future__ import annotations

import math
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.runtime.tables import close_rows
from alur.runtime.tables.close_rows import Float, Row, without_close
from alur.runtime.tables.row_differences import rows_of
from alur.runtime.tables.row_json import json_value

TOLERANCE = 1e-9
NEAR = [1.0, 1.0 + 1e-10, 1.0 + 1.5e-9, 1.0 + 3e-9, -1.0, -1.0 - 1e-10, 0.0, -0.0, 1e-300, 1e300]
VALUES = st.sampled_from([*NEAR, math.nan, math.inf, -math.inf, 5e-324, 1e300 * (1 + 5e-10)])
ROWS = st.lists(st.tuples(st.sampled_from("ab"), VALUES, VALUES, st.none() | VALUES), max_size=14)


def is_close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    if math.isinf(one) or math.isinf(other):
        return one == other
    both_nan = math.isnan(one) and math.isnan(other)
    return both_nan or one == other or abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def naive(here: list[Row], there: list[Row]) -> tuple[list[Row], list[Row]]:
    """Compare each row with each: the first one that is close is taken."""
    there, left = list(there), []
    for row in here:
        for n, other in enumerate(there):
            if row[0] == other[0] and all(map(is_close, row[1:], other[1:])):
                del there[n]
                break
        else:
            left.append(row)
    return left, there


def as_rows(rows: list[Row]) -> list[Row]:
    return [(row[0], *(None if v is None else Float(v) for v in row[1:])) for row in rows]


@given(ROWS, ROWS)
def test_the_same_rows_are_left_as_by_comparing_each_with_each(
    here: list[Row], there: list[Row]
) -> None:
    ours, theirs = without_close(as_rows(here), as_rows(there), TOLERANCE)
    left, others = naive(here, there)
    assert ours == as_rows(left)
    assert Counter(theirs) == Counter(as_rows(others))


@pytest.mark.parametrize("apart", [1e-10, 1e-6])
def test_the_effort_grows_with_the_rows_not_with_their_square(
    monkeypatch: pytest.MonkeyPatch, apart: float
) -> None:
    calls = 0
    compare = close_rows._close

    def counted(row: Row, other: Row, tolerance: float) -> bool:
        nonlocal calls
        calls += 1
        return compare(row, other, tolerance)

    monkeypatch.setattr(close_rows, "_close", counted)
    here = [(Float(7.0), Float(float(n))) for n in range(1, 20_001)]
    there = [(Float(7.0), Float(n * (1 + apart))) for n in range(20_000, 0, -1)]
    left = without_close(here, there, TOLERANCE)
    assert left == (([], []) if apart < TOLERANCE else (here, there))
    assert calls <= 20_000


def test_rows_as_often_as_they_occur() -> None:
    here = [(Float(1.0),)] * 5000
    there = [(Float(1.0 + 1e-12),)] * 4000
    assert without_close(here, there, TOLERANCE) == ([(Float(1.0),)] * 1000, [])


def test_nested_values_are_json() -> None:
    inner = pa.struct([("at", pa.timestamp("us", "UTC")), ("n", pa.float64())])
    types = pa.schema(
        [
            ("list", pa.list_(inner)),
            ("map", pa.map_(pa.string(), pa.list_(pa.decimal128(5, 2)))),
            ("data", pa.binary()),
            ("flag", pa.bool_()),
            ("wide", pa.float64()),
        ]
    )
    rows = pa.Table.from_pylist(
        [
            {
                "list": [{"at": 0, "n": 1.5}, None, {"at": None, "n": math.nan}],
                "map": [("b", [None]), ("a", [])],
                "data": b"\x00\xff",
                "flag": True,
                "wide": -math.inf,
            },
            {"list": None, "map": [], "data": None, "flag": None, "wide": -0.0},
        ],
        types,
    )
    forms = [
        {field.name: json_value(v, field.type) for field, v in zip(types, row, strict=True)}
        for row in rows_of(rows)
    ]
    assert forms == [
        {
            "list": [
                {"at": "1970-01-01T00:00:00+00:00", "n": 1.5},
                None,
                {"at": None, "n": "NaN"},
            ],
            "map": {"a": [], "b": [None]},
            "data": "00ff",
            "flag": True,
            "wide": "-Infinity",
        },
        {"list": None, "map": {}, "data": None, "flag": None, "wide": 0.0},
    ]
