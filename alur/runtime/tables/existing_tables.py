"""Reads rows of tables that may be older than their contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.contract import Contract
from alur.errors import SourceError
from alur.runtime.engines.spark_types import spark_type
from alur.runtime.tables.one_nan import with_one_nan

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame


def in_contract(frame: DataFrame, contract: Contract) -> DataFrame:
    """Return the contract's columns of a table's rows; columns and fields not there yet are null.

    All NaNs are the same.

    Raises:
        SourceError: the table lacks a required column.
    """
    present = {field.name: field.dataType for field in frame.schema.fields}
    selected = []
    for column in contract.columns:
        target = spark_type(column.type)
        if column.name in present:
            value = widened(F.col(f"`{column.name}`"), present[column.name], target)
            selected.append(value.alias(column.name))
        elif column.nullable:
            selected.append(F.lit(None).cast(target).alias(column.name))
        else:
            raise SourceError(
                f"the table {contract.identifier} has no column {column.name!r} yet",
                where=contract.location,
                remedy="run the pipeline that writes it first",
            )
    return with_one_nan(frame.select(*selected), contract.columns)


def widened(value: SparkColumn, present: T.DataType, target: T.DataType) -> SparkColumn:
    """Return a value in a wider type: fields by their names, new ones null."""
    if present.simpleString() == target.simpleString():
        return value
    match present, target:
        case T.ArrayType(), T.ArrayType():
            old, new = present.elementType, target.elementType
            return F.transform(value, lambda item: widened(item, old, new))
        case T.MapType(), T.MapType():
            old, new = present.valueType, target.valueType
            # Sail's transform_values loses the type of its argument.
            values = F.transform(F.map_values(value), lambda item: widened(item, old, new))
            return F.map_from_arrays(F.map_keys(value), values)
        case T.StructType(), T.StructType():
            fields = [_field(value, present, field).alias(field.name) for field in target]
            return F.when(value.isNotNull(), F.struct(*fields))
        case _:
            return value.cast(target)


def _field(value: SparkColumn, present: T.StructType, target: T.StructField) -> SparkColumn:
    if target.name not in present.names:
        return F.lit(None).cast(target.dataType)
    return widened(value.getField(target.name), present[target.name].dataType, target.dataType)
