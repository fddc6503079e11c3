"""Brings staged Parquet into an Iceberg table: one transaction, one snapshot with the rows, all of it or none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.dataset as ds
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError
from pyiceberg.manifest import DataFile
from sqlalchemy.exc import IntegrityError

from alur.contracts.contract import Contract
from alur.contracts.evolution import Change, compare
from alur.pipelines.modes import WriteMode
from alur.runtime.data_files import rows_of, write_data_files
from alur.runtime.local.durable_files import DurableFileIO
from alur.runtime.local.iceberg_types import (
    columns_of,
    iceberg_schema,
    partition_spec,
    partitioning_of,
)
from alur.runtime.local.replacement import begin_anew, replace_all
from alur.runtime.warehouse import RunIdentity

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table, Transaction

_TABLE_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Else a table of many commits has metadata files that nothing leads to any more.
    "write.metadata.delete-after-commit.enabled": "true",
}


@dataclass(frozen=True, slots=True)
class Committed:
    """A table after a commit, and how many rows came into it."""

    table: Table
    rows: int


def commit_files(
    catalog: Catalog,
    contract: Contract,
    location: str,
    staged: Path,
    mode: WriteMode,
    run: RunIdentity,
) -> Committed:
    """Commits the rows of the Parquet files in ``staged``, and brings the table's schema up to the contract."""
    table = _load_or_create(catalog, contract, location)
    changes = compare(columns_of(table.schema()), contract.columns)
    repartitioned = is_repartitioned(table, contract)
    with table.transaction() as transaction:
        if mode == "overwrite" and (changes or repartitioned):
            begin_anew(transaction, contract)
            added = _written(transaction, ds.dataset(staged, format="parquet"))
            replace_all(transaction, added, _summary(run))
        elif repartitioned or any(change.widens for change in changes):
            # Files of the old types or partitions would lie beside the new ones, and engines read them differently.
            begin_anew(transaction, contract)
            added = _written(transaction, ds.dataset(staged, format="parquet"))
            kept = _written(transaction, rows_of(table))
            outdone = _removed(kept, added, mode)
            for file in outdone:
                table.io.delete(file.file_path)
            replace_all(transaction, [f for f in kept if f not in outdone] + added, _summary(run))
        else:
            current = [task.file for task in table.scan().plan_files()]
            _evolve(transaction, contract, changes)
            added = _written(transaction, ds.dataset(staged, format="parquet"))
            _replace(transaction, _removed(current, added, mode), added, run)
        assert isinstance(table.io, DurableFileIO), "the catalog of this machine gives no other"
        table.io.sync()
    return Committed(table, sum(file.record_count for file in added))


def _load_or_create(catalog: Catalog, contract: Contract, location: str) -> Table:
    identifier = (contract.layer, contract.table)
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        schema = iceberg_schema(contract.columns)
    # PyIceberg looks and then inserts, so of two first runs at once one may meet the database's own refusal.
    with suppress(NamespaceAlreadyExistsError, IntegrityError):
        catalog.create_namespace(contract.layer)
    return catalog.create_table(
        identifier,
        schema=schema,
        location=location,
        partition_spec=partition_spec(contract, schema),
        properties=_TABLE_PROPERTIES,
    )


def is_repartitioned(table: Table, contract: Contract) -> bool:
    """Whether the contract partitions its table otherwise than the table is now."""
    present = [(field.name, str(field.transform)) for field in table.spec().fields]
    return present != partitioning_of(contract)


def _evolve(transaction: Transaction, contract: Contract, changes: list[Change]) -> None:
    """Make the table's schema the contract's, where the files that it has can stay as they are."""
    if changes:
        with transaction.update_schema() as update:
            update.union_by_name(iceberg_schema(contract.columns))
    _describe(transaction, contract)


def _describe(transaction: Transaction, contract: Contract) -> None:
    """Brings what a schema union leaves: columns that may be null now, and descriptions."""
    schema = transaction.table_metadata.schema()
    with transaction.update_schema() as update:
        for column in contract.columns:
            field = schema.find_field(column.name)
            if field.required and column.nullable:
                update.update_column(column.name, required=False)
            if (field.doc or "") != column.description:
                update.update_column(column.name, doc=column.description)


def _written(transaction: Transaction, rows: ds.Dataset) -> list[DataFile]:
    """Data files of the table as the transaction will leave it, with those rows."""
    reader = rows.scanner().to_reader()
    return list(write_data_files(transaction.table_metadata, reader, transaction._table.io))


def _removed(current: list[DataFile], added: list[DataFile], mode: WriteMode) -> list[DataFile]:
    """The files that the added ones replace."""
    if mode == "overwrite":
        return current
    if mode == "overwrite_partitions":
        touched = {file.partition for file in added}
        return [file for file in current if file.partition in touched]
    return []


def _replace(
    transaction: Transaction, removed: list[DataFile], added: list[DataFile], run: RunIdentity
) -> None:
    """One snapshot in which some files give way to others."""
    update = transaction.update_snapshot(snapshot_properties=_summary(run))
    if removed:
        with update.overwrite() as overwrite:
            for file in removed:
                overwrite.delete_data_file(file)
            for file in added:
                overwrite.append_data_file(file)
    else:
        with update.fast_append() as append:
            for file in added:
                append.append_data_file(file)


def _summary(run: RunIdentity) -> dict[str, str]:
    """What a snapshot's summary says of the run that made it."""
    return {
        "alur.run-id": run.run_id,
        "alur.pipeline": run.pipeline,
        "alur.code-version": run.code_version,
    }
