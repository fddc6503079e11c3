"""Marks columns as required in the engine's types, to create a table from rows."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)
from alur.contracts.contract import Contract
from alur.runtime.engines.spark_types import spark_type
from alur.runtime.tables.spark_sql import comment, identifier

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame


def as_declared(rows: DataFrame, contract: Contract) -> DataFrame:
    """Return the contract's columns with its descriptions; the types of required columns are not nullable.

    The rows have been checked already, so none of them changes.
    """
    return rows.select(*map(_declared, contract.columns))


def _declared(column: Column) -> SparkColumn:
    value = F.col(identifier(column.name))
    if not column.nullable:
        # To Spark, columns of files are always nullable; the result of coalesce with a fixed value is not.
        value = F.coalesce(value, _any_value(column.type))
    return value.alias(column.name, metadata={"comment": comment(column)})


def _any_value(type_: ColumnType) -> SparkColumn:
    """Return a value of a type; Spark's type for it is not nullable."""
    match type_:
        case DecimalType(_, scale):
            value = F.lit(Decimal(0).scaleb(-scale))
        case ArrayType():
            value = F.array()
        case MapType():
            value = F.create_map()
        case StructType(fields):
            nulls = (F.lit(None).cast(spark_type(f.type)).alias(f.name) for f in fields)
            return F.struct(*nulls)
        case PrimitiveType(name):
            value = _any_primitive(name)
    return value.cast(spark_type(type_))


def _any_primitive(name: str) -> SparkColumn:
    match name:
        case "string":
            return F.lit("")
        case "binary":
            return F.lit(bytearray())
        case "boolean":
            return F.lit(False)
        case "date":
            return F.lit(date(1970, 1, 1))
        case "timestamp":
            return F.lit(datetime(1970, 1, 1, tzinfo=timezone.utc))
        case _:
            return F.lit(0)
