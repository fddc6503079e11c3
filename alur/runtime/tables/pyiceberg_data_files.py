"""Reads rows from data files.

PyIceberg's own reading turns a null list or map of structs into an empty one
(https://github.com/apache/arrow/issues/38809). The functions here keep rows unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import FileType
from pyiceberg.manifest import DataFile, ManifestContent

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.engines.errors import reason
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.pyiceberg_folder import path_in_store, store_of
from alur.runtime.tables.pyiceberg_manifests import entries_of

if TYPE_CHECKING:
    from pyiceberg.table import Table

ROWS_AT_ONCE = 1 << 15
"""The number of rows in a batch that is read; the reader holds a few batches."""


def rows_of(table: Table) -> ds.Dataset:
    """Return a table's current rows; columns added after a file was written are null.

    Raises:
        EngineError: a file is missing or damaged.
    """
    return rows_of_files(table, data_files(table))


def rows_of_files(
    table: Table, files: list[DataFile], schema: pa.Schema | None = None
) -> ds.Dataset:
    """Return the rows of some of a table's files, as ``rows_of`` does for all.

    Args:
        schema: by default that of the table.

    Raises:
        EngineError: a file is missing or damaged.
    """
    return unchecked_rows(table, checked(table, files), schema or arrow_schema(table.schema()))


def unchecked_rows(table: Table, files: list[DataFile], schema: pa.Schema) -> ds.Dataset:
    """Return the rows of some of a table's files, in the columns of a schema."""
    paths = [path_in_store(file.file_path) for file in files]
    return ds.dataset(paths, schema=schema, format="parquet", filesystem=store_of(table))


def current_files(table: Table) -> list[DataFile]:
    """Return the data files of a table's current snapshot; check the presence and size of each.

    Raises:
        EngineError: a file is missing, or differs in size from its table's record.
    """
    return checked(table, data_files(table))


def data_files(table: Table) -> list[DataFile]:
    """Return the data files of a table's current snapshot, as recorded.

    Raises:
        EngineError: a manifest is missing or damaged.
    """
    return list(_each_data_file(table))


def _each_data_file(table: Table) -> Iterator[DataFile]:
    """Yield the data files of a table's current snapshot; open a manifest when its first file is needed."""
    snapshot = table.current_snapshot()
    try:
        for manifest in snapshot.manifests(table.io) if snapshot else ():
            if manifest.content is ManifestContent.DATA:
                for entry in entries_of(manifest, table.io):
                    yield entry.data_file
    except OSError as error:
        raise damaged(table, f"cannot be read: {error}") from error


def batches_of(rows: ds.Dataset, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
    """Return rows in batches, in the order of their files. Memory holds a few batches, whatever the number of rows.

    Args:
        columns: by default all.
    """
    names = None if columns is None else list(columns)
    scanner = rows.scanner(names, batch_size=ROWS_AT_ONCE, batch_readahead=4, fragment_readahead=1)
    return scanner.to_reader()


def checked(table: Table, files: list[DataFile]) -> list[DataFile]:
    """Return data files of a table after a look at each.

    An engine may skip a missing file, and read the others as if they were the whole table.

    Raises:
        EngineError: a file is missing, or differs in size from its table's record.
    """
    paths = [path_in_store(file.file_path) for file in files]
    try:
        found = store_of(table).get_file_info(paths) if paths else []
    except OSError as error:
        raise damaged(table, f"cannot be read: {error}") from error
    for file, path, info in zip(files, paths, found, strict=True):
        if info.type == FileType.NotFound:
            raise damaged(table, f"has lost a data file: {path}")
        if info.size != file.file_size_in_bytes:
            raise damaged(
                table,
                f"has a damaged data file: {path} has {info.size:,} bytes, not {file.file_size_in_bytes:,}",
            )
    return files


def damaged(table: Table, what: str) -> EngineError:
    """Return the error for a table with a missing or damaged file."""
    return EngineError(
        f"the table {'.'.join(table.name())} {what}",
        remedy="restore the file from a backup, or rebuild the table: run its pipeline if its mode is "
        '"overwrite"; otherwise remove the folder .alur/warehouse and run everything again',
    )


def written_meanwhile(table: Table) -> EngineError:
    """Return the error for a commit upon one that the run has not read: PyIceberg would repeat its own."""
    return EngineError(
        f"another program has written {'.'.join(table.name())} meanwhile; nothing was written",
        remedy="run the command again",
    )


def first_rows(rows: ds.Dataset, contract: Contract, limit: int) -> pa.Table:
    """Return the first rows in the order of the key, or any rows if there is no key.

    Memory holds about as many rows as are returned, whatever the size of the table.
    """
    if not contract.key:
        return rows.head(limit)
    first = rows.schema.empty_table()
    for batch in batches_of(rows):
        both = pa.concat_tables([first, pa.Table.from_batches([batch])])
        first = in_order_of_key(both, contract).slice(0, limit)
    return first


def some_rows(table: Table, limit: int) -> list[dict[str, Any]]:
    """Return rows of a table, from as few of its files and manifests as possible.

    Raises:
        EngineError: one of these files is missing or damaged.
    """
    rows: list[dict[str, Any]] = []
    for file in _each_data_file(table):
        if len(rows) >= limit:
            break
        rows += rows_of_files(table, [file]).head(limit - len(rows)).to_pylist()
    return rows


def in_order_of_key(rows: pa.Table, contract: Contract) -> pa.Table:
    """Return the rows in the order of their key; unchanged if the contract has none."""
    return rows.sort_by([(key, "ascending") for key in contract.key]) if contract.key else rows


def local_path(location: str) -> Path:
    """Return the path of a location in a table's metadata."""
    return Path(location.removeprefix("file://"))


@contextmanager
def read_errors(contract: Contract) -> Iterator[None]:
    """Convert the errors of reading a table's files."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise EngineError(
            f"the table {contract.identifier} cannot be read: {reason(error)}",
            remedy="its files may be damaged: restore them from a backup, or rebuild the table",
        ) from error
