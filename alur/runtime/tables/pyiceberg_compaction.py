"""Compacts tables with PyIceberg: small data files of a partition become one, in a snapshot that keeps every row.

The replaced files stay for the table's earlier snapshots, and go with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, ManifestContent
from pyiceberg.types import PrimitiveType

from alur.contracts.columns import SOURCE_FILE
from alur.runtime.tables.maintenance_thresholds import (
    FILE_BYTES,
    MANY_SMALL_FILES,
    calls_for_compaction,
)
from alur.runtime.tables.pyiceberg_data_files import damaged, rows_of_files
from alur.runtime.tables.pyiceberg_durable_files import sync_files
from alur.runtime.tables.pyiceberg_file_writer import combine_files
from alur.runtime.tables.pyiceberg_folder import TableFolder
from alur.runtime.tables.pyiceberg_manifests import entries_of
from alur.runtime.tables.pyiceberg_snapshots import add_compaction
from alur.runtime.tables.pyiceberg_taken_files import footer, landing_files

if TYPE_CHECKING:
    from pyiceberg.manifest import ManifestEntry
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot
    from pyiceberg.typedef import Record
    from pyiceberg.types import NestedField

_ROWS_MEASURED = 1_000


def compact(table: Table, key: Sequence[str] = (), *, gradually: bool = False) -> bool:
    """Combine the small files of each partition; return whether there were any.

    The caller holds the table. If it is killed before the commit, the next run deletes the new files with its other
    leftovers.

    Args:
        key: the columns of the table's key: files with neighboring keys stay together, so that merges and searches for a
            key concern few files.
        gradually: whether to do so only where there are many, and to leave out a file with more rows than all smaller
            ones, so that a file is written again only a few times in its life.

    Raises:
        EngineError: a file is missing or damaged, or another program has committed meanwhile; the table is unchanged.
    """
    least = MANY_SMALL_FILES if gradually else 2
    partitions = [files for files in _partitions(table, key) if len(files) >= least]
    if not partitions:
        return False
    limit = _rows_per_file(table, partitions)
    small = [[file for file in files if file.record_count <= limit // 2] for files in partitions]
    if gradually:
        small = [_without_large(files) for files in small]
    combined = [one for files in small if len(files) >= least for one in _bins(files, limit)]
    if not combined:
        return False
    added = [combine_files(table, files, _footer(table, files)) for files in combined]
    with table.transaction() as transaction:
        add_compaction(transaction, [file for files in combined for file in files], added)
        sync_files(table.io)
    return True


def _footer(table: Table, files: list[DataFile]) -> dict[str, str]:
    has_landing_files = SOURCE_FILE in table.schema().column_names
    return footer(landing_files(table, files)) if has_landing_files else {}


def is_compaction_due(metadata: TableMetadata, before: int | None) -> bool:
    """Return whether the number of data files has reached a higher multiple of 50 since a snapshot."""
    earlier = None if before is None else metadata.snapshot_by_id(before)
    return calls_for_compaction(_files(earlier), _files(metadata.current_snapshot()))


def _files(snapshot: Snapshot | None) -> int:
    summary = snapshot.summary if snapshot else None
    return int(summary.additional_properties.get("total-data-files", "0")) if summary else 0


def _partitions(table: Table, key: Sequence[str]) -> list[list[DataFile]]:
    """Return the files of each partition, in the order of their least keys, then of their commits."""
    snapshot = table.current_snapshot()
    assert snapshot is not None, "tables that were never written are not compacted"
    partitions: dict[Record, list[DataFile]] = {}
    try:
        manifests = snapshot.manifests(table.io)
        # Another program has deleted single rows: these must stay deleted.
        if any(manifest.content is not ManifestContent.DATA for manifest in manifests):
            return []
        entries = [e for m in manifests for e in entries_of(m, table.io)]
    except OSError as error:
        raise damaged(table, f"cannot be read: {error}") from error
    fields = [table.schema().find_field(name) for name in key]
    for entry in sorted(entries, key=lambda entry: _place(entry, fields)):
        if _is_own(table, entry.data_file):
            partitions.setdefault(entry.data_file.partition, []).append(entry.data_file)
    return list(partitions.values())


def _place(entry: ManifestEntry, key: list[NestedField]) -> tuple[Any, ...]:
    """Return where a file belongs among others; one without bounds comes first."""
    bounds = entry.data_file.lower_bounds or {}
    least = [
        (True, from_bytes(field.field_type, bounds[field.field_id]))
        if field.field_id in bounds and isinstance(field.field_type, PrimitiveType)
        else (False, None)
        for field in key
    ]
    return (*least, entry.sequence_number or 0)


def _is_own(table: Table, file: DataFile) -> bool:
    """Return whether a file has rows, the table's present partitioning, and its place in the table's folder."""
    is_within = TableFolder.of(table).holds(file.file_path)
    return is_within and file.spec_id == table.metadata.default_spec_id and file.record_count > 0


def _rows_per_file(table: Table, partitions: list[list[DataFile]]) -> int:
    """Return the number of rows in a file as large as a write makes them, as far as some of the rows show."""
    largest = max((f for files in partitions for f in files), key=lambda file: file.record_count)
    rows = rows_of_files(table, [largest]).head(_ROWS_MEASURED)
    return int(FILE_BYTES * rows.num_rows / max(rows.nbytes, 1))


def _without_large(files: list[DataFile]) -> list[DataFile]:
    """Return the files without those that have more rows than all smaller ones together."""
    limit = rows = 0
    for count in sorted(file.record_count for file in files):
        limit = count if count <= rows else limit
        rows += count
    return [file for file in files if file.record_count <= limit]


def _bins(files: list[DataFile], limit: int) -> Iterator[list[DataFile]]:
    """Yield neighbors that fit into one file, where there are two or more."""
    taken: list[DataFile] = []
    rows = 0
    for file in files:
        if rows + file.record_count > limit:
            if len(taken) > 1:
                yield taken
            taken, rows = [], 0
        taken.append(file)
        rows += file.record_count
    if len(taken) > 1:
        yield taken
