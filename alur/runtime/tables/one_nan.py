"""Replaces every NaN by the one without a sign.

Sail compares numbers by their bits; Spark has one NaN, above all numbers
(https://spark.apache.org/docs/3.5.6/sql-ref-datatypes.html#nan-semantics). Alur writes no other, but other tools may.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.analysis.nested_values import holds_floats, types_in
from alur.contracts.columns import Column, ColumnType
from alur.runtime.engines.engine import engine_of
from alur.runtime.engines.spark_types import spark_schema, spark_type
from alur.runtime.landing.arrow_values import converted

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame


def with_one_nan(frame: DataFrame, columns: Sequence[Column]) -> DataFrame:
    """Return a frame of the columns in which NaNs are equal, at any depth."""
    if engine_of(frame.sparkSession).has_one_nan:
        return frame
    types = {
        column.name: column.type for column in columns if holds_floats(spark_type(column.type))
    }
    if any(_has_collections(spark_type(type_)) for type_ in types.values()):
        # Sail fails where it moves a filter below a lambda.
        return frame.mapInArrow(_in_batches(types), spark_schema(columns))
    replaced = {
        name: _in_column(F.col(f"`{name}`"), spark_type(type_)) for name, type_ in types.items()
    }
    return frame.withColumns(replaced) if replaced else frame


def _has_collections(type_: T.DataType) -> bool:
    """Return whether floating-point numbers lie within an array or a map."""
    return any(
        isinstance(inner, T.ArrayType | T.MapType) and holds_floats(inner)
        for inner in types_in(type_)
    )


def _in_column(value: SparkColumn, type_: T.DataType) -> SparkColumn:
    if isinstance(type_, T.StructType):
        fields = [
            _in_column(value.getField(field.name), field.dataType).alias(field.name)
            for field in type_.fields
        ]
        return F.when(value.isNotNull(), F.struct(*fields))
    return F.nanvl(value, F.lit(math.nan).cast(type_)) if holds_floats(type_) else value


def _in_batches(
    types: Mapping[str, ColumnType],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def replace(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            arrays = [
                converted(values, types[name]) if name in types else values
                for name, values in zip(batch.schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    return replace
