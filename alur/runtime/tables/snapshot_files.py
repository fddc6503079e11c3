"""Finds the files by which two snapshots of one table differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.manifest import DataFile, ManifestContent

from alur.errors import EngineError, SourceError
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.pyiceberg_expiry import history_of
from alur.runtime.tables.pyiceberg_manifests import entries_of

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

_ATTEMPT = "_attempt_"


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The rows of a table at one time.

    Attributes:
        schema: the columns at that time.
        files: the files that hold the rows; some may be left out if the other side has them, too.
        rows: the number of all rows, those of files that are left out included.
    """

    schema: pa.Schema
    files: list[DataFile]
    rows: int


def current_files_of(table: Table, name: str) -> SnapshotFiles:
    """Return the rows of a table as it is now.

    Raises:
        EngineError: the table has delete files.
    """
    snapshot = table.current_snapshot()
    assert snapshot is not None, "tables that were never written are not opened"
    return _files_of(table, snapshot, name)


def snapshots_of_run(table: Table, name: str, run: str) -> tuple[Snapshot | None, Snapshot]:
    """Return the snapshot before the first commit of a run, None if the run created the table, and that of its last one.

    Raises:
        SourceError: the table has no commit of the run, or the snapshot before it has expired.
    """
    # Rows that the check has refused are in snapshots, too.
    never = history_of(table.metadata).never_current()
    own = [
        snapshot
        for snapshot in table.snapshots()
        if snapshot.snapshot_id not in never and _is_of_run(snapshot, run)
    ]
    if not any(map(_provenance, table.snapshots())):
        raise SourceError(
            f"the snapshots of {name} record no runs",
            remedy="compare snapshots with --snapshot; jobs on Sail in the sandbox record none",
        )
    if not own:
        raise SourceError(
            f"the table {name} has no commit of the run {run}",
            remedy="name a run that has changed the table, and whose snapshot has not expired",
        )
    own.sort(key=lambda snapshot: snapshot.sequence_number or 0)
    return _before(table, own[0], name), own[-1]


def last_two_snapshots(table: Table, name: str) -> tuple[Snapshot | None, Snapshot]:
    """Return the snapshot before the current one, None if it is the first, and the current one.

    Raises:
        SourceError: the snapshot before it has expired.
    """
    current = table.current_snapshot()
    assert current is not None, "tables that were never written are not opened"
    return _before(table, current, name), current


def snapshot_and_current(table: Table, name: str, id: int) -> tuple[Snapshot, Snapshot]:
    """Return a snapshot by its id, and the current one.

    Raises:
        SourceError: there is no such snapshot.
    """
    current, found = table.current_snapshot(), table.snapshot_by_id(id)
    assert current is not None, "tables that were never written are not opened"
    if found is None:
        raise SourceError(
            f"the table {name} has no snapshot {id}",
            remedy="it may have expired; alur run prints the snapshot of each commit",
        )
    return found, current


def different_files(
    table: Table, name: str, first: Snapshot | None, second: Snapshot
) -> tuple[SnapshotFiles, SnapshotFiles]:
    """Return the rows of two snapshots, without the files that both have.

    Raises:
        EngineError: a snapshot has delete files.
    """
    after = _files_of(table, second, name)
    before = _files_of(table, first, name) if first else SnapshotFiles(after.schema, [], 0)
    return without_common(before, after)


def without_common(
    first: SnapshotFiles, second: SnapshotFiles
) -> tuple[SnapshotFiles, SnapshotFiles]:
    """Return the rows of two states without the files that both have, as a table and its clone may."""
    common = {f.file_path for f in first.files} & {f.file_path for f in second.files}
    return _without(first, common), _without(second, common)


def _is_of_run(snapshot: Snapshot, run: str) -> bool:
    provenance = _provenance(snapshot)
    return provenance is not None and provenance.run.run_id.partition(_ATTEMPT)[0] == run


def _provenance(snapshot: Snapshot) -> Provenance | None:
    summary = snapshot.summary
    return Provenance.parse(summary.additional_properties) if summary else None


def _before(table: Table, snapshot: Snapshot, name: str) -> Snapshot | None:
    if snapshot.parent_snapshot_id is None:
        return None
    parent = table.snapshot_by_id(snapshot.parent_snapshot_id)
    if parent is None:
        raise SourceError(
            f"the snapshot of {name} before {snapshot.snapshot_id} has expired",
            remedy="keep snapshots longer: set keep in alur.toml",
        )
    return parent


def _files_of(table: Table, snapshot: Snapshot, name: str) -> SnapshotFiles:
    files = []
    for manifest in snapshot.manifests(table.io):
        entries = entries_of(manifest, table.io)
        if manifest.content is not ManifestContent.DATA and entries:
            raise EngineError(
                f"the table {name} has delete files, which another tool has written",
                remedy="compact it with that tool",
            )
        files += [entry.data_file for entry in entries]
    schemas = table.schemas()
    schema = schemas.get(snapshot.schema_id or 0, table.schema())
    return SnapshotFiles(arrow_schema(schema), files, sum(file.record_count for file in files))


def _without(state: SnapshotFiles, common: set[str]) -> SnapshotFiles:
    files = [file for file in state.files if file.file_path not in common]
    return SnapshotFiles(state.schema, files, state.rows)
