"""Contracts from the metadata of Iceberg tables (https://iceberg.apache.org/spec/#table-metadata)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

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
from alur.contracts.contract import Layer
from alur.contracts.partitioning import PartitionField, TransformName
from alur.exchange.assembling import assembled, is_filled_in, table_name
from alur.exchange.losses import Imported, Loss
from alur.exchange.names import refusal_of_column
from alur.exchange.physical_types import UnknownType

_PRIMITIVES: dict[str, PrimitiveName] = {
    "string": "string",
    "long": "bigint",
    "int": "int",
    "double": "double",
    "float": "float",
    "boolean": "boolean",
    "binary": "binary",
    "date": "date",
    "timestamptz": "timestamp",
}
_READ_AS: dict[str, tuple[PrimitiveName, str]] = {
    "timestamp": ("timestamp", "timestamp has no time zone: read as UTC"),
    "uuid": ("string", "uuid: read as a string"),
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_TRANSFORM = re.compile(r"(\w+)(?:\[(\d+)\])?")
_TRANSFORMS: dict[str, TransformName] = {
    "identity": "identity",
    "year": "years",
    "month": "months",
    "day": "days",
    "hour": "hours",
    "bucket": "bucket",
    "truncate": "truncate",
}
_NEWEST_FORMAT = 2
_PLACES = frozenset(
    (
        "write.data.path",
        "write.metadata.path",
        "write.object-storage.path",
        "write.folder-storage.path",
    )
)
"""Properties that put files where jobs may not write."""
_OF_ANY_TABLE = frozenset(("owner", "comment", "write.parquet.compression-codec"))
"""Properties that say nothing that rows need."""


def iceberg_contract(metadata: Mapping[str, Any], name: str, layer: Layer) -> Imported:
    """Return the contract of an Iceberg table, by its metadata.

    Args:
        name: the table's name in its catalog.

    >>> metadata = {"schemas": [{"schema-id": 0, "fields": [{"id": 1, "name": "at", "type": "time", "required": True},
    ...     {"id": 2, "name": "n", "type": "long", "required": True}]}], "current-schema-id": 0,
    ...     "partition-specs": [{"spec-id": 0, "fields": []}], "default-spec-id": 0, "format-version": 2}
    >>> found = iceberg_contract(metadata, "visits", "silver")
    >>> [str(column.type) for column in found.contract.columns], [str(loss) for loss in found.losses]
    (['bigint'], ["visits.at: the column: no column type for Iceberg's 'time'"])
    """
    losses: list[Loss] = []
    table = table_name(name, losses)
    schema = _current(metadata, "schemas", "schema-id", "current-schema-id")
    spec = _current(metadata, "partition-specs", "spec-id", "default-spec-id")
    fields = [field for field in schema["fields"] if not is_filled_in(field["name"], layer)]
    columns = tuple(_columns(fields, table, losses))
    kept = {column.name: column for column in columns}
    names = {field["id"]: field["name"] for field in schema["fields"]}
    key = tuple(names[id_] for id_ in schema.get("identifier-field-ids", ()) if id_ in names)
    if any(part not in kept for part in key):
        losses.append(Loss(table, f"the identifier fields {', '.join(key)}"))
        key = ()
    partitioning = tuple(_partitioning(spec, names, {*kept, *names.values()}, table, losses))
    losses += _rest(metadata, table)
    description = (metadata.get("properties") or {}).get("comment", "")
    contract = assembled(
        table, layer, columns, key=key, partition_by=partitioning, description=description
    )
    return Imported(contract, tuple(losses))


def _current(metadata: Mapping[str, Any], entries: str, id_: str, current: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in metadata[entries] if e[id_] == metadata[current])
    return found


def _columns(fields: list[Any], path: str, losses: list[Loss]) -> Iterator[Column]:
    for field in fields:
        subject = f"{path}.{field['name']}"
        refusal = refusal_of_column(field["name"])
        try:
            if refusal:
                raise UnknownType(refusal)
            type_ = _type(field["type"], subject, losses)
        except UnknownType as error:
            losses.append(Loss(subject, f"the column: {error}", of_rows=True))
            continue
        if "initial-default" in field or "write-default" in field:
            losses.append(Loss(subject, "its default value", of_rows=True))
        yield Column(field["name"], type_, not field["required"], field.get("doc") or "")


def _type(given: Any, subject: str, losses: list[Loss]) -> ColumnType:
    match given:
        case str() if given in _PRIMITIVES:
            return PrimitiveType(_PRIMITIVES[given])
        case str() if given in _READ_AS:
            name, lost = _READ_AS[given]
            losses.append(Loss(subject, lost, of_rows=True))
            return PrimitiveType(name)
        case str() if decimal := _DECIMAL.fullmatch(given):
            return DecimalType(int(decimal[1]), int(decimal[2]))
        case {"type": "list"}:
            element = _type(given["element"], subject, losses)
            return ArrayType(element, not given["element-required"])
        case {"type": "map", "key": "string"}:
            return MapType(_type(given["value"], subject, losses), not given["value-required"])
        case {"type": "struct"}:
            count = len(losses)
            fields = tuple(_columns(given["fields"], subject, losses))
            if not fields:
                del losses[count:]
                raise UnknownType("none of its fields can be a column's")
            return StructType(fields)
    shown = given if isinstance(given, str) else f"{given.get('type')} of {given.get('key')}"
    raise UnknownType(f"no column type for Iceberg's {shown!r}")


def _partitioning(
    spec: Mapping[str, Any],
    names: Mapping[int, str],
    kept: set[str],
    table: str,
    losses: list[Loss],
) -> Iterator[PartitionField]:
    for field in spec["fields"]:
        transform, column = field["transform"], names.get(field["source-id"])
        if transform == "void":
            continue
        match = _TRANSFORM.fullmatch(transform)
        if match is None or match[1] not in _TRANSFORMS or column not in kept or column is None:
            shown = f"{transform} of {column or 'a nested field'}"
            losses.append(Loss(table, f"the partitioning by {shown}", of_rows=True))
            continue
        width = int(match[2]) if match[2] else None
        yield PartitionField(_TRANSFORMS[match[1]], column, width)


def _rest(metadata: Mapping[str, Any], table: str) -> Iterator[Loss]:
    version = metadata.get("format-version", 1)
    if version > _NEWEST_FORMAT:
        yield Loss(table, f"version {version} of Iceberg's format", of_rows=True)
    default = metadata.get("default-sort-order-id")
    orders = [o for o in metadata.get("sort-orders", ()) if o["order-id"] == default]
    if any(order["fields"] for order in orders):
        yield Loss(table, "its sort order")
    for name, value in (metadata.get("properties") or {}).items():
        # Alur counts rows by data files, and writes no delete files beside them.
        of_rows = name in _PLACES or value == "merge-on-read"
        known = name in _OF_ANY_TABLE or name.startswith("write.metadata.")
        if of_rows or not known:
            yield Loss(table, f"the property {name}: {value}", of_rows)
    if _has_delete_files(metadata):
        yield Loss(table, "its delete files; compact the table first", of_rows=True)


def _has_delete_files(metadata: Mapping[str, Any]) -> bool:
    current = metadata.get("current-snapshot-id")
    snapshots = [s for s in metadata.get("snapshots", ()) if s["snapshot-id"] == current]
    return any(int(s.get("summary", {}).get("total-delete-files", 0)) > 0 for s in snapshots)
