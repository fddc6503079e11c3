"""Expires old snapshots of tables with PyIceberg, and deletes the files that nothing else needs.

PyIceberg removes expired snapshots from a table's metadata, and leaves their files.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.update import AssertRefSnapshotId, RemoveSnapshotsUpdate

from alur.contracts.retention import Retention
from alur.runtime.tables.pyiceberg_clones import FilesNeeded, no_files_needed
from alur.runtime.tables.pyiceberg_folder import TableFolder, path_in_store
from alur.runtime.tables.pyiceberg_manifests import data_files_of, manifests_of
from alur.runtime.tables.snapshot_history import SnapshotHistory

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata


def expire(
    table: Table,
    retention: Retention,
    now: datetime,
    needed: FilesNeeded = no_files_needed,
) -> None:
    """Remove the expired snapshots from a table, then delete the files that only they need.

    The caller holds the table. If it is killed in between, the next run deletes the files with its other leftovers.

    Args:
        needed: gives the files that other tables need, which stay.

    Raises:
        OSError: a manifest cannot be read; the table is unchanged.
        EngineError: another program has committed meanwhile, and the table is unchanged; or it is not known which files other
            tables need, and all files stay.
    """
    expired = history_of(table.metadata).expired(retention, now)
    if not expired:
        return
    files = _files_only_of(table, expired)
    head = table.metadata.refs[MAIN_BRANCH].snapshot_id
    with table.transaction() as transaction:
        transaction._apply(
            (RemoveSnapshotsUpdate(snapshot_ids=sorted(expired)),),
            (AssertRefSnapshotId(ref=MAIN_BRANCH, snapshot_id=head),),
        )
    folder = TableFolder.of(table)
    with needed(table) as names:
        # A table can have files elsewhere: those of the table that it is a clone of, or of another program.
        own = (file for file in files if folder.holds(file) and _name(file) not in names)
        folder.delete(map(path_in_store, own))


def history_of(metadata: TableMetadata) -> SnapshotHistory:
    """Return the history of a table's snapshots."""
    return SnapshotHistory(
        {snapshot.snapshot_id: snapshot.timestamp_ms for snapshot in metadata.snapshots},
        tuple((entry.snapshot_id, entry.timestamp_ms) for entry in metadata.snapshot_log),
        frozenset(reference.snapshot_id for reference in metadata.refs.values()),
        {snapshot.snapshot_id: snapshot.parent_snapshot_id for snapshot in metadata.snapshots},
    )


def _files_only_of(table: Table, expired: set[int]) -> set[str]:
    """Return the locations of all files that only some snapshots of a table need."""
    snapshots = table.metadata.snapshots
    old = [snapshot for snapshot in snapshots if snapshot.snapshot_id in expired]
    kept = manifests_of(table, (s for s in snapshots if s.snapshot_id not in expired))
    dropped = {p: m for p, m in manifests_of(table, old).items() if p not in kept}
    data = data_files_of(table, dropped.values()) - data_files_of(table, kept.values())
    return data | dropped.keys() | {snapshot.manifest_list for snapshot in old}


def _name(location: str) -> str:
    return location.rpartition("/")[2]
