"""Casts numbers by way of text, where an engine would cast them differently from Spark's JVM.

Spark converts a double to a decimal by way of its text, and rounds half up: 1.005 becomes 1.01. Sail multiplies the
double itself, which gives 1.00; it writes 12345678.9 where Spark writes 1.23456789E7; and it does not always convert a
decimal to the nearest double. From a number's text, both engines give the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.runtime.engines.engine import engine_of

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

_LONGEST_PLAIN_SCALE = 6
"""Java writes small decimals with more places in the form with an exponent."""


def spelled_out(
    frame: DataFrame, schema: T.StructType, targets: Mapping[str, T.DataType]
) -> DataFrame:
    """Return the frame with text for numbers that its engine would cast differently from Spark's JVM.

    Args:
        schema: the frame's.
        targets: the types to cast columns to.
    """
    if engine_of(frame.sparkSession).casts_as_java:
        return frame
    for field in schema.fields:
        if field.name in targets:
            text = _text(F.col(f"`{field.name}`"), field.dataType, targets[field.name])
            if text is not None:
                frame = frame.withColumn(field.name, text)
    return frame


def _text(value: SparkColumn, source: T.DataType, target: T.DataType) -> SparkColumn | None:
    # Imported late: pandas is slow to import, and jobs on the JVM do not need it.
    from alur.runtime.engines.number_udfs import decimal_text, double_text, float_text, plain_double

    match source, target:
        case T.FloatType() | T.DoubleType(), T.DecimalType():
            return _spelled(value.cast("double"), 1e-5, 1e15, plain_double())
        case T.DoubleType(), T.StringType():
            return _spelled(value, 1e-3, 1e7, double_text())
        case T.FloatType(), T.StringType():
            return _spelled(value, 1e-3, 1e7, float_text())
        case T.DecimalType(), T.FloatType() | T.DoubleType():
            return value.cast("string")
        case T.DecimalType(), T.StringType() if source.scale > _LONGEST_PLAIN_SCALE:
            small = F.abs(value) < F.lit("0.000001").cast(T.DecimalType(7, 6))
            texts = decimal_text()(F.when(small, value))
            return F.when(small, texts).otherwise(value.cast("string"))
    return None


def _spelled(
    value: SparkColumn, least: float, limit: float, texts: Callable[[SparkColumn], SparkColumn]
) -> SparkColumn:
    """Return the engine's own text between two bounds, where it equals Java's; elsewhere the text of a function."""
    size = F.abs(value)
    usual = (size == 0) | ((size >= least) & (size < limit))
    other = F.when(~usual & (size < F.lit(float("inf"))), value)
    return (
        F.when(value.isNull(), F.lit(None).cast("string"))
        .when(usual, value.cast("string"))
        .when(F.isnan(value), F.lit("NaN"))
        .when(size < F.lit(float("inf")), texts(other))
        .when(value > 0, F.lit("Infinity"))
        .otherwise(F.lit("-Infinity"))
    )
