"""Replaces a table's columns, partitions and rows in one snapshot, as SQL's REPLACE TABLE does.

PyIceberg cannot reach every schema and partitioning step by step: it fails to search files by a partition column that
is gone or has another type. The code here never reads the previous snapshot.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSpecUpdate,
)
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.typedef import EMPTY_DICT
from pyiceberg.types import NestedField

from alur.contracts.contract import Contract
from alur.runtime.tables.pyiceberg_types import iceberg_schema, partition_spec

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import Transaction
    from pyiceberg.table.metadata import TableMetadata


def replace_columns(transaction: Transaction, contract: Contract) -> None:
    """Replace a table's columns and partitions by the contract's."""
    metadata = transaction.table_metadata
    schema = _schema(metadata, contract)
    spec = partition_spec(
        contract,
        schema,
        spec_id=max(spec.spec_id for spec in metadata.partition_specs) + 1,
        first_field=(metadata.last_partition_id or 0) + 1,
    )
    transaction._apply(
        (
            AddSchemaUpdate(schema_=schema),
            SetCurrentSchemaUpdate(schema_id=schema.schema_id),
            AddPartitionSpecUpdate(spec=spec),
            SetDefaultSpecUpdate(spec_id=spec.spec_id),
        )
    )


def _schema(metadata: TableMetadata, contract: Contract) -> Schema:
    """Return the contract's schema; a column keeps its field id by its name, as with SQL's REPLACE TABLE."""
    present = {field.name: field for field in metadata.schema().fields}
    ids = count(metadata.last_column_id + 1)
    fields = [
        _successor(field, present.get(field.name))
        for field in iceberg_schema(contract.columns, ids).fields
    ]
    number = max(schema.schema_id for schema in metadata.schemas) + 1
    return Schema(*fields, schema_id=number)


def _successor(new: NestedField, old: NestedField | None) -> NestedField:
    if old is None or not (new.field_type.is_primitive and old.field_type.is_primitive):
        return new
    return new.model_copy(update={"field_id": old.field_id})


def replace_all(
    transaction: Transaction,
    files: list[DataFile],
    properties: dict[str, str],
    number: int | None = None,
) -> None:
    """Add a snapshot of exactly these files.

    Args:
        number: the snapshot's id; by default a new one.
    """
    with _Replacement(
        Operation.OVERWRITE, transaction, transaction._table.io, None, properties
    ) as replacement:
        if number is not None:
            replacement._snapshot_id = number
        for file in files:
            replacement.append_data_file(file)


class _Replacement(_FastAppendFiles):
    """An append to an empty table, which keeps its place in the table's history."""

    def _existing_manifests(self) -> list[ManifestFile]:
        return []

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        parent, self._parent_snapshot_id = self._parent_snapshot_id, None
        try:
            return super()._summary(snapshot_properties)
        finally:
            self._parent_snapshot_id = parent
