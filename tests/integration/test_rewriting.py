"""Expressions rewritten for Sail give Spark's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from alur.analysis.type_texts import parsed_schema
from alur.runtime.engines.engine import another_session
from alur.runtime.engines.watching import watched
from tests.engines import Engines

ROWS = [
    (Decimal("1.50"), nan, date(2024, 3, 1), date(2024, 2, 28)),
    (Decimal("-2.25"), 1.0, date(1999, 12, 31), date(2000, 1, 1)),
    (None, None, None, date(2024, 1, 1)),
]


@pytest.fixture
def session(engines: Engines) -> Iterator[Any]:
    with another_session(engines.sail) as own:
        yield own


@pytest.mark.parametrize(
    ("column", "type_", "values"),
    [
        (lambda: F.col("amount") * 2, "decimal(14,2)", [Decimal("3.00"), Decimal("-4.50"), None]),
        (
            lambda: F.col("amount") + 100,
            "decimal(13,2)",
            [Decimal("101.50"), Decimal("97.75"), None],
        ),
        (
            lambda: F.col("amount") * F.lit(Decimal("0.5")),
            "decimal(14,3)",
            [Decimal("0.750"), Decimal("-1.125"), None],
        ),
        (lambda: F.isnan("rate"), "boolean", [True, False, False]),
        (lambda: ~F.isnan("rate"), "boolean", [False, True, True]),
        # Infinity minus infinity is NaN, and NaN is above all numbers:
        # https://spark.apache.org/docs/3.5.6/sql-ref-datatypes.html#nan-semantics
        (lambda: F.col("rate") * inf - F.col("rate") * inf > 5.0, "boolean", [True, True, None]),
        (lambda: F.datediff("day", "before"), "int", [2, -1, None]),
        (lambda: F.expr("amount * 2 > 1.5"), "boolean", [True, False, None]),
    ],
)
def test_rows_and_types_are_sparks(
    session: Any, column: Callable[[], Any], type_: str, values: list[Any]
) -> None:
    """Types are from https://spark.apache.org/docs/3.5.6/api/sql/, and sizes from Spark's DecimalPrecision."""
    schema = parsed_schema("amount decimal(12,2), rate double, day date, before date")
    frame = session.createDataFrame(ROWS, schema).coalesce(1)
    with watched({"frame": frame}, Path(__file__).parent, stops=True) as watch:
        made = frame.select(column().alias("made"))
    checked = watch.check(made)
    assert watch.findings == []
    assert checked.schema["made"].dataType.simpleString() == type_
    assert [row.made for row in checked.collect()] == values
