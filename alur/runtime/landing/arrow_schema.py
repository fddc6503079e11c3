"""Declared columns as Arrow types, in the form of staged landing files, which every engine can read."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
    StructType,
)

_PRIMITIVES: dict[PrimitiveName, pa.DataType] = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "float": pa.float32(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return a schema of the columns, all of them nullable."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


def arrow_type(type_: ColumnType) -> pa.DataType:
    """Return the Arrow type with the same values.

    >>> arrow_type(ArrayType(PrimitiveType("date"), element_nullable=True))
    ListType(list<element: date32[day]>)
    """
    match type_:
        case PrimitiveType(name):
            return _PRIMITIVES[name]
        case DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case ArrayType(element):
            return pa.list_(pa.field("element", arrow_type(element)))
        case MapType(value):
            return pa.map_(pa.string(), arrow_type(value))
        case StructType(fields):
            return pa.struct([pa.field(field.name, arrow_type(field.type)) for field in fields])
