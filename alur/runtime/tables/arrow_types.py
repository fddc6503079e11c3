"""Converts Iceberg schemas to Arrow, for the data files of a table."""

from __future__ import annotations

import pyarrow as pa
from pyiceberg import types
from pyiceberg.schema import Schema

from alur.errors import EngineError

_FIELD_ID = b"PARQUET:field_id"

# Not PyIceberg's preferred large_ types: a file records them, and Sail would not read it as array<string>.
_PRIMITIVES: dict[types.IcebergType, pa.DataType] = {
    types.StringType(): pa.string(),
    types.LongType(): pa.int64(),
    types.IntegerType(): pa.int32(),
    types.DoubleType(): pa.float64(),
    types.FloatType(): pa.float32(),
    types.BooleanType(): pa.bool_(),
    types.BinaryType(): pa.binary(),
    types.DateType(): pa.date32(),
    types.TimestamptzType(): pa.timestamp("us", tz="UTC"),
}


def arrow_schema(schema: Schema) -> pa.Schema:
    """Return the Arrow schema of a table's data files, with Iceberg's field ids in the fields' metadata.

    Raises:
        EngineError: Alur does not write a column's type.
    """
    return pa.schema([_field(field) for field in schema.fields])


def _field(field: types.NestedField) -> pa.Field:
    identity = {_FIELD_ID: str(field.field_id).encode()}
    return pa.field(field.name, _arrow_type(field.field_type), field.optional, identity)


def _arrow_type(type_: types.IcebergType) -> pa.DataType:
    match type_:
        case types.DecimalType():
            return pa.decimal128(type_.precision, type_.scale)
        case types.ListType():
            return pa.list_(_field(type_.element_field))
        case types.MapType():
            return pa.map_(_field(type_.key_field), _field(type_.value_field))
        case types.StructType():
            return pa.struct([_field(field) for field in type_.fields])
        case _ if type_ in _PRIMITIVES:
            return _PRIMITIVES[type_]
        case _:
            raise EngineError(
                f"a column is of the type {type_}, which contracts do not support",
                remedy="another tool has changed the table: read it with that tool, or remove the table",
            )


def plain_type(type_: pa.DataType) -> pa.DataType:
    """Return the Arrow type of this module's kind that holds the same values as one of another tool.

    >>> plain_type(pa.large_list(pa.field("item", pa.large_string())))
    ListType(list<item: string>)
    >>> plain_type(pa.dictionary(pa.int32(), pa.string_view()))
    DataType(string)
    """
    match type_:
        case pa.DictionaryType():
            return plain_type(type_.value_type)
        case pa.StructType():
            return pa.struct([_plain_field(field) for field in type_])
        case pa.MapType():
            return pa.map_(_plain_field(type_.key_field), _plain_field(type_.item_field))
        case (
            pa.ListType()
            | pa.LargeListType()
            | pa.FixedSizeListType()
            | pa.ListViewType()
            | pa.LargeListViewType()
        ):
            return pa.list_(_plain_field(type_.value_field))
        case _ if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
            return pa.string()
        case _ if pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_):
            return pa.binary()
        case _:
            return type_


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(plain_type(field.type))
