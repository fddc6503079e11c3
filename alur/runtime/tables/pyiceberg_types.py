"""Converts contracts to Iceberg schemas and partition specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from pyiceberg import transforms, types
from pyiceberg.partitioning import (
    INITIAL_PARTITION_SPEC_ID,
    PARTITION_FIELD_ID_START,
    PartitionField,
    PartitionSpec,
)
from pyiceberg.schema import Schema

from alur.contracts import partitioning
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
from alur.contracts.contract import Contract

_PRIMITIVES: dict[PrimitiveName, types.PrimitiveType] = {
    "string": types.StringType(),
    "bigint": types.LongType(),
    "int": types.IntegerType(),
    "double": types.DoubleType(),
    "float": types.FloatType(),
    "boolean": types.BooleanType(),
    "binary": types.BinaryType(),
    "date": types.DateType(),
    "timestamp": types.TimestamptzType(),
}


def iceberg_schema(columns: Sequence[Column], ids: Iterator[int] | None = None) -> Schema:
    """Return the Iceberg schema of columns, with field ids in the order of a table's assignment.

    Args:
        ids: the field ids to use; by default those of a new table.
    """
    ids = ids or count(1)
    return Schema(*[_field(column, ids) for column in columns])


def _field(column: Column, ids: Iterator[int]) -> types.NestedField:
    own = next(ids)
    return types.NestedField(
        own,
        column.name,
        _iceberg_type(column.type, ids),
        required=not column.nullable,
        doc=column.description or None,
    )


def _iceberg_type(type_: ColumnType, ids: Iterator[int]) -> types.IcebergType:
    # Values within a list, map or struct are optional in the table: rules forbid nulls, checked on each write.
    match type_:
        case PrimitiveType(name):
            return _PRIMITIVES[name]
        case DecimalType(precision, scale):
            return types.DecimalType(precision, scale)
        case ArrayType(element):
            return types.ListType(next(ids), _iceberg_type(element, ids), element_required=False)
        case MapType(value):
            return types.MapType(
                next(ids),
                types.StringType(),
                next(ids),
                _iceberg_type(value, ids),
                value_required=False,
            )
        case StructType(fields):
            optional = [Column(f.name, f.type, True, f.description) for f in fields]
            return types.StructType(*[_field(field, ids) for field in optional])


def partition_spec(
    contract: Contract,
    schema: Schema,
    spec_id: int = INITIAL_PARTITION_SPEC_ID,
    first_field: int = PARTITION_FIELD_ID_START,
) -> PartitionSpec:
    """Return the contract's partitioning over the fields of a schema."""
    fields = [
        PartitionField(
            source_id=schema.find_field(part.column).field_id,
            field_id=first_field + position,
            transform=transform_of(part),
            name=part.name,
        )
        for position, part in enumerate(contract.partition_by)
    ]
    return PartitionSpec(*fields, spec_id=spec_id)


def transform_of(part: partitioning.PartitionField) -> transforms.Transform[Any, Any]:
    """Return the Iceberg transform of a partition field."""
    match part.transform:
        case "years":
            return transforms.YearTransform()
        case "months":
            return transforms.MonthTransform()
        case "days":
            return transforms.DayTransform()
        case "hours":
            return transforms.HourTransform()
        case "bucket":
            return transforms.BucketTransform(part.width or 0)
        case "truncate":
            return transforms.TruncateTransform(part.width or 0)
        case _:
            return transforms.IdentityTransform()
