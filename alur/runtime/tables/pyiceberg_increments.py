"""Reads what commits have changed in a table of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile

from alur.contracts.contract import Contract
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.increments import ChangedFiles, NewCommits
from alur.runtime.tables.pyiceberg_data_files import checked, damaged
from alur.runtime.tables.pyiceberg_frames import frame_of

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot
    from pyspark.sql import DataFrame, SparkSession


def changed_files(
    session: SparkSession, table: Table, contract: Contract, commits: NewCommits
) -> ChangedFiles:
    """Return the rows of the files that commits have added and removed.

    Raises:
        EngineError: a file is missing or damaged.
    """
    added: dict[str, DataFile] = {}
    removed: dict[str, DataFile] = {}
    for commit in commits.ids:
        came, went = _files_of(table, commit)
        added |= came
        removed |= went
    lasting = list(_without(added, removed).values())
    gone = list(_without(removed, added).values())

    def rows(files: list[DataFile]) -> DataFrame:
        return in_contract(frame_of(session, table, checked(table, files)), contract)

    count = sum(file.record_count for file in (*lasting, *gone))
    return ChangedFiles(rows(lasting), rows(gone) if gone else None, count)


def _files_of(table: Table, commit: int) -> tuple[dict[str, DataFile], dict[str, DataFile]]:
    """Return the files that a commit has added and removed, by path.

    Its own manifests do not tell: where PyIceberg merges them, it leaves removed files out.
    """
    snapshot = table.snapshot_by_id(commit)
    assert snapshot is not None, "commits are found among the snapshots"
    parent = table.snapshot_by_id(snapshot.parent_snapshot_id or -1)
    try:
        before = _manifests(table, parent) if parent else {}
        after = _manifests(table, snapshot)
        came = _live_files(table, [after[path] for path in after.keys() - before.keys()])
        went = _live_files(table, [before[path] for path in before.keys() - after.keys()])
    except OSError as error:
        raise damaged(table, f"cannot be read: {error}") from error
    return _without(came, went), _without(went, came)


def _manifests(table: Table, snapshot: Snapshot) -> dict[str, ManifestFile]:
    manifests = snapshot.manifests(table.io)
    return {m.manifest_path: m for m in manifests if m.content is ManifestContent.DATA}


def _live_files(table: Table, manifests: list[ManifestFile]) -> dict[str, DataFile]:
    entries = (entry for m in manifests for entry in m.fetch_manifest_entry(table.io))
    return {entry.data_file.file_path: entry.data_file for entry in entries}


def _without(files: dict[str, DataFile], others: dict[str, DataFile]) -> dict[str, DataFile]:
    return {path: file for path, file in files.items() if path not in others}
