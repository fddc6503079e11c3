"""Expires old snapshots of tables of this machine, and deletes the files that nothing else needs.

PyIceberg removes expired snapshots from a table's metadata, and leaves their files.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.update import AssertRefSnapshotId, RemoveSnapshotsUpdate

from alur.contracts.retention import Retention
from alur.runtime.tables.pyiceberg_data_files import local_path
from alur.runtime.tables.pyiceberg_manifests import data_files_of, manifests_of

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata


def expire(table: Table, retention: Retention, now: datetime) -> None:
    """Remove the expired snapshots from a table, then delete the files that only they need.

    The caller holds the table. If it is killed in between, the next run deletes the files with its other leftovers.

    Raises:
        OSError: a manifest cannot be read; the table is unchanged.
        CommitFailedException: another program has committed meanwhile; the table is unchanged.
    """
    expired = expired_snapshots(table.metadata, retention, now)
    if not expired:
        return
    files = _files_only_of(table, expired)
    head = table.metadata.refs[MAIN_BRANCH].snapshot_id
    with table.transaction() as transaction:
        transaction._apply(
            (RemoveSnapshotsUpdate(snapshot_ids=sorted(expired)),),
            (AssertRefSnapshotId(ref=MAIN_BRANCH, snapshot_id=head),),
        )
    folder = local_path(table.location())
    for path in map(local_path, files):
        # A table can have files elsewhere, which another program added.
        if path.is_relative_to(folder):
            path.unlink(missing_ok=True)


def expired_snapshots(metadata: TableMetadata, retention: Retention, now: datetime) -> set[int]:
    """Return the ids of the snapshots to expire; none before an expiry is due.

    A snapshot's age counts from its replacement: a reader may have opened an old one a moment before that. Branches, tags,
    and snapshots that were never current stay.
    """
    log = metadata.snapshot_log
    replaced = {old.snapshot_id: new.timestamp_ms for old, new in pairwise(log)}
    latest = list(dict.fromkeys(entry.snapshot_id for entry in reversed(log)))
    stay = {ref.snapshot_id for ref in metadata.refs.values()} | {*latest[: retention.snapshots]}
    present = {snapshot.snapshot_id for snapshot in metadata.snapshots}
    ages = {
        number: now.timestamp() - milliseconds / 1000
        for number, milliseconds in replaced.items()
        if number in present - stay
    }
    keep = retention.keep.total_seconds()
    if max(ages.values(), default=0) <= keep + retention.every.total_seconds():
        return set()
    return {number for number, seconds in ages.items() if seconds > keep}


def _files_only_of(table: Table, expired: set[int]) -> set[str]:
    """Return the locations of all files that only some snapshots of a table need."""
    snapshots = table.metadata.snapshots
    old = [snapshot for snapshot in snapshots if snapshot.snapshot_id in expired]
    kept = manifests_of(table, (s for s in snapshots if s.snapshot_id not in expired))
    dropped = {p: m for p, m in manifests_of(table, old).items() if p not in kept}
    data = data_files_of(table, dropped.values()) - data_files_of(table, kept.values())
    return data | dropped.keys() | {snapshot.manifest_list for snapshot in old}
