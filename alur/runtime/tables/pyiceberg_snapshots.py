"""Adds snapshots, and merges small manifests: every reader opens them all, and each snapshot adds one or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import (
    _FastAppendFiles,
    _ManifestMergeManager,
    _OverwriteFiles,
    _SnapshotProducer,
)

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import Transaction

_MANIFESTS = 20
"""The number of small manifests that a commit merges into one.

A merge reads and writes the entries of all their files: one commit in 20 costs about as much as planning two reads.
"""

_MANIFEST_BYTES = 8 << 20
"""The size of a manifest to which no further ones are added, Iceberg's default."""


def add_snapshot(
    transaction: Transaction,
    removed: list[DataFile],
    added: list[DataFile],
    properties: dict[str, str],
) -> None:
    """Add a snapshot in which some files replace others."""
    io = transaction._table.io
    snapshot = (
        _Overwrite(Operation.OVERWRITE, transaction, io, snapshot_properties=properties)
        if removed
        else _Append(Operation.APPEND, transaction, io, snapshot_properties=properties)
    )
    for file in removed:
        snapshot.delete_data_file(file)
    for file in added:
        snapshot.append_data_file(file)
    snapshot.commit()


class _Append(_FastAppendFiles):
    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        return _merged(self, manifests)


class _Overwrite(_OverwriteFiles):
    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        # PyIceberg keeps the manifests with nothing but the files that earlier snapshots removed.
        current = [
            manifest
            for manifest in manifests
            if manifest.has_added_files()
            or manifest.has_existing_files()
            or manifest.added_snapshot_id == self.snapshot_id
        ]
        return _merged(self, current)


def _merged(snapshot: _SnapshotProducer[Any], manifests: list[ManifestFile]) -> list[ManifestFile]:
    """Merge small manifests once there are many."""
    merging: _ManifestMergeManager[Any] = _ManifestMergeManager(
        _MANIFEST_BYTES, _MANIFESTS, True, snapshot
    )
    return merging.merge_manifests(manifests)
