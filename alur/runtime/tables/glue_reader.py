"""Reads rows of tables in AWS without an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.manifest import DataFile, ManifestEntryStatus
from pyiceberg.table import StaticTable, Table

from alur.contracts.contract import Contract
from alur.errors import EngineError, SourceError
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.properties import branch_of_run
from alur.runtime.tables.pyiceberg_data_files import first_rows, in_order_of_key, unchecked_rows
from alur.runtime.tables.pyiceberg_manifests import entries_of


def read_table(
    glue: Any,
    s3: Any,
    properties: Mapping[str, str],
    database: str,
    contract: Contract,
    limit: int | None = None,
    run_id: str | None = None,
) -> tuple[pa.Table, int]:
    """Return rows of a contract's table in the order of its key, and the number of all its rows.

    Args:
        glue, s3: boto3's clients.
        properties: how PyIceberg reaches S3.
        limit: the maximum number of rows; by default all.
        run_id: the job run whose refused rows to return; by default the table's rows.

    Raises:
        SourceError: the table has never been written, or has no refused rows of the run.
        EngineError: the table cannot be read.
    """
    rows = open_table(glue, s3, properties, database, contract, run_id)
    with read_errors(f"{database}.{contract.table}"):
        if limit is not None:
            return first_rows(rows, contract, limit), rows.count_rows()
        ordered = in_order_of_key(rows.to_table(), contract)
        return ordered, ordered.num_rows


def open_table(
    glue: Any,
    s3: Any,
    properties: Mapping[str, str],
    database: str,
    contract: Contract,
    run_id: str | None = None,
) -> ds.Dataset:
    """Return the rows of a contract's table, to be read piece by piece; see :func:`read_table`."""
    name = f"{database}.{contract.table}"
    table = load_table(glue, s3, properties, database, contract)
    with read_errors(name):
        files = _refused_files(table, name, run_id) if run_id else _current_files(table, name)
        return open_files(table, files)


def load_table(
    glue: Any, s3: Any, properties: Mapping[str, str], database: str, contract: Contract
) -> StaticTable:
    """Return a contract's table as it is now; see :func:`read_table`."""
    name = f"{database}.{contract.table}"
    pointer = GlueCatalog(glue, s3).pointer(database, contract.table)
    if pointer is None:
        raise _never_written(name)
    with read_errors(name):
        table = StaticTable.from_metadata(pointer, properties=dict(properties))
        if table.current_snapshot() is None:
            raise _never_written(name)
        return table


@contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Convert the errors of reading a table."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException) as error:
        raise EngineError(
            f"the table {name} cannot be read: {error}",
            remedy="check that the credentials may read its bucket, and that no other tool has written there",
        ) from error


def _current_files(table: StaticTable, name: str) -> list[DataFile]:
    tasks = list(table.scan().plan_files())
    if any(task.delete_files for task in tasks):
        raise EngineError(
            f"the table {name} has delete files, which another tool has written",
            remedy="read it with Athena, or compact it",
        )
    return [task.file for task in tasks]


def _refused_files(table: StaticTable, name: str, run_id: str) -> list[DataFile]:
    """Return the files that a run has added to its branch of the table."""
    branch = table.refs().get(branch_of_run(run_id))
    snapshot = branch and table.snapshot_by_id(branch.snapshot_id)
    if not snapshot:
        raise SourceError(
            f"the table {name} has no refused rows of the run {run_id}",
            remedy="see its log: alur logs; refused rows stay until the next good run of the pipeline",
        )
    return [
        entry.data_file
        for manifest in snapshot.manifests(table.io)
        if manifest.added_snapshot_id == snapshot.snapshot_id
        for entry in entries_of(manifest, table.io)
        if entry.status == ManifestEntryStatus.ADDED
    ]


def open_files(table: Table, files: list[DataFile], schema: pa.Schema | None = None) -> ds.Dataset:
    """Return the rows of some of a table's files.

    Args:
        schema: by default that of the table.
    """
    return unchecked_rows(table, files, schema or arrow_schema(table.schema()))


def _never_written(name: str) -> SourceError:
    return SourceError(
        f"the table {name} has never been written",
        remedy="run the pipeline that writes it",
    )
