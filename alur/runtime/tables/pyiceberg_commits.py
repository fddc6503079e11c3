"""Carries out write plans with PyIceberg: one atomic transaction, and one snapshot with the rows."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.exceptions import NamespaceAlreadyExistsError
from pyiceberg.manifest import DataFile
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.tables.properties import metrics_properties, table_properties
from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.pyiceberg_data_files import data_files
from alur.runtime.tables.pyiceberg_durable_files import sync_files
from alur.runtime.tables.pyiceberg_file_writer import write_data_files
from alur.runtime.tables.pyiceberg_replacement import replace_all, replace_columns
from alur.runtime.tables.pyiceberg_snapshots import add_snapshot
from alur.runtime.tables.pyiceberg_types import (
    iceberg_schema,
    partition_spec,
)
from alur.runtime.tables.write_plan import Files, WritePlan

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table, Transaction


def create_table(catalog: Catalog, contract: Contract, location: str) -> Table:
    """Create the table of a contract, without rows.

    Args:
        location: the folder of its files, as a path: PyIceberg does not decode file:// URIs.
    """
    # PyIceberg first looks, then inserts: of two simultaneous first runs, one may receive an error of the database.
    with suppress(NamespaceAlreadyExistsError, IntegrityError):
        catalog.create_namespace(contract.layer)
    schema = iceberg_schema(contract.columns)
    return catalog.create_table(
        (contract.layer, contract.table),
        schema=schema,
        location=location,
        partition_spec=partition_spec(contract, schema),
        properties=table_properties(contract),
    )


def commit_files(
    table: Table,
    contract: Contract,
    staged: Path,
    plan: WritePlan,
    provenance: Provenance,
    replaced: list[DataFile] | None = None,
) -> None:
    """Carry out a plan with the rows of the Parquet files in ``staged``.

    Args:
        replaced: the files to remove, where the plan leaves them to a search for keys.
    """
    with table.transaction() as transaction:
        if plan.action in ("rewrite", "replace"):
            replace_columns(transaction, contract)
            replace_all(transaction, _written(transaction, staged), provenance.summary())
        else:
            present = _present_files(table, plan) if replaced is None else replaced
            _evolve(transaction, contract, plan)
            added = _written(transaction, staged)
            removed = _removed(present, added, plan)
            add_snapshot(transaction, removed, added, provenance.summary())
        sync_files(table.io)


def confirm(table: Table, provenance: Provenance) -> None:
    """Record that a run would write the rows of the current snapshot."""
    snapshot = table.current_snapshot()
    assert snapshot is not None, "only rows can be confirmed"
    # Another program may commit meanwhile, or the disk be full: the record only saves a later run some work.
    with suppress(EngineError, OSError, SQLAlchemyError), table.transaction() as update:
        update.set_properties(provenance.confirming(snapshot.snapshot_id))


def _present_files(table: Table, plan: WritePlan) -> list[DataFile]:
    if plan.removes is Files.NONE:
        return []
    return data_files(table)


def _evolve(transaction: Transaction, contract: Contract, plan: WritePlan) -> None:
    """Update the table's columns and descriptions to the contract; its files stay unchanged."""
    if plan.action == "create":
        return
    present = transaction.table_metadata.properties
    missing = {n: v for n, v in metrics_properties(contract).items() if n not in present}
    if missing:
        transaction.set_properties(missing)
    if plan.changes:
        with transaction.update_schema() as update:
            update.union_by_name(iceberg_schema(contract.columns))
    _describe(transaction, contract)


def _describe(transaction: Transaction, contract: Contract) -> None:
    """Update what a schema union leaves out: newly nullable columns, and descriptions."""
    schema = transaction.table_metadata.schema()
    present = {column.name: schema.find_field(column.name) for column in contract.columns}
    nullable = [c.name for c in contract.columns if c.nullable and present[c.name].required]
    documented = {
        c.name: c.description
        for c in contract.columns
        if (present[c.name].doc or "") != c.description
    }
    # An update without changes would still rebuild the schema.
    if not (nullable or documented):
        return
    with transaction.update_schema() as update:
        for name in nullable:
            update.update_column(name, required=False)
        for name, description in documented.items():
            update.update_column(name, doc=description)


def _written(transaction: Transaction, staged: Path) -> list[DataFile]:
    """Write staged rows as data files, for the table's state after the transaction."""
    return write_data_files(transaction.table_metadata, staged, transaction._table.io)


def _removed(present: list[DataFile], added: list[DataFile], plan: WritePlan) -> list[DataFile]:
    """Return the present files to be replaced by the added ones."""
    if plan.removes is not Files.TOUCHED_PARTITIONS:
        return present
    touched = {file.partition for file in added}
    return [file for file in present if file.partition in touched]
