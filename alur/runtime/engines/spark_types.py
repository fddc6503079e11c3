"""Converts column types to PySpark's."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import types as T

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)

_PRIMITIVES: dict[str, T.DataType] = {
    "string": T.StringType(),
    "bigint": T.LongType(),
    "int": T.IntegerType(),
    "double": T.DoubleType(),
    "float": T.FloatType(),
    "boolean": T.BooleanType(),
    "binary": T.BinaryType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
}


def spark_type(type_: ColumnType) -> T.DataType:
    """Return the PySpark type that holds the same values.

    >>> from alur.contracts.columns import PrimitiveType
    >>> spark_type(ArrayType(PrimitiveType("bigint"), element_nullable=True))
    ArrayType(LongType(), True)
    """
    match type_:
        case PrimitiveType(name):
            return _PRIMITIVES[name]
        case DecimalType(precision, scale):
            return T.DecimalType(precision, scale)
        case ArrayType(element, _):
            return T.ArrayType(spark_type(element), True)
        case MapType(value, _):
            return T.MapType(T.StringType(), spark_type(value), True)
        case StructType(fields):
            return spark_schema(fields)


def spark_schema(columns: Iterable[Column]) -> T.StructType:
    """Return a schema of the columns, all of them nullable: nulls are checked later, not assumed away."""
    return T.StructType([T.StructField(c.name, spark_type(c.type), True) for c in columns])


def nullable_schema(schema: T.StructType) -> T.StructType:
    """Return a frame's schema with everything in it nullable.

    An engine may infer that a value is never null, write files that do not say so, and then fail to read them back.

    >>> nullable_schema(T.StructType([T.StructField("a", T.ArrayType(T.LongType(), False), False)]))
    StructType([StructField('a', ArrayType(LongType(), True), True)])
    """
    return T.StructType([T.StructField(f.name, _nullable(f.dataType), True) for f in schema.fields])


def _nullable(type_: T.DataType) -> T.DataType:
    match type_:
        case T.ArrayType():
            return T.ArrayType(_nullable(type_.elementType), True)
        case T.MapType():
            return T.MapType(_nullable(type_.keyType), _nullable(type_.valueType), True)
        case T.StructType():
            return nullable_schema(type_)
        case _:
            return type_
