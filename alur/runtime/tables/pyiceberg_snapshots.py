"""Adds snapshots, and merges small manifests: every reader opens them all, and each snapshot adds one or more."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from pyiceberg.manifest import ManifestContent
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import (
    _FastAppendFiles,
    _ManifestMergeManager,
    _OverwriteFiles,
    _SnapshotProducer,
)
from pyiceberg.typedef import EMPTY_DICT

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import Transaction

_AT_ONCE = 20
"""The number of manifests that a commit merges into one.

Only manifests of about the same size are merged, as in a log-structured merge tree: an entry is written again for each
factor of 20 in the number of files, and a table of 8,000 files in one partition has fewer than 60 manifests.
"""


def add_snapshot(
    transaction: Transaction,
    removed: list[DataFile],
    added: list[DataFile],
    properties: dict[str, str],
    number: int | None = None,
) -> None:
    """Add a snapshot in which some files replace others.

    Args:
        number: the snapshot's id; by default a new one.
    """
    io = transaction._table.io
    snapshot = (
        _Overwrite(Operation.OVERWRITE, transaction, io, snapshot_properties=properties)
        if removed
        else _Append(Operation.APPEND, transaction, io, snapshot_properties=properties)
    )
    if number is not None:
        snapshot._snapshot_id = number
    _commit(snapshot, removed, added)


def add_compaction(
    transaction: Transaction, removed: list[DataFile], added: list[DataFile]
) -> None:
    """Add a snapshot in which files with the same rows replace others."""
    snapshot = _Compaction(Operation.OVERWRITE, transaction, transaction._table.io)
    _commit(snapshot, removed, added)


def _commit(
    snapshot: _SnapshotProducer[Any], removed: list[DataFile], added: list[DataFile]
) -> None:
    for file in removed:
        snapshot.delete_data_file(file)
    for file in added:
        snapshot.append_data_file(file)
    snapshot.commit()


class _Append(_FastAppendFiles):
    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        return _merged(self, manifests)


class _Overwrite(_OverwriteFiles):
    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        """Return whether a manifest can hold removed files.

        PyIceberg calls it in several threads, and its own evaluator keeps the manifest that it looks at: it may overlook
        removed files.
        """
        evaluate = super()._build_manifest_evaluator(spec_id)
        lock = Lock()

        def one_at_a_time(manifest: ManifestFile) -> bool:
            with lock:
                return evaluate(manifest)

        return one_at_a_time

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


class _Compaction(_Overwrite):
    """A replacement of files by others with the same rows, which PyIceberg does not have.

    It looks for its files in all manifests: they may be of all partitions.
    """

    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        return lambda manifest: True

    def _build_delete_files_partition_predicate(self) -> None:
        pass

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        summary = super()._summary(snapshot_properties)
        return Summary(Operation.REPLACE, **summary.additional_properties)


def _merged(snapshot: _SnapshotProducer[Any], manifests: list[ManifestFile]) -> list[ManifestFile]:
    """Merge manifests of about the same size where there are many."""
    merging: _ManifestMergeManager[Any] = _ManifestMergeManager(0, 0, True, snapshot)
    groups: dict[tuple[ManifestContent, int, int], list[ManifestFile]] = {}
    for manifest in manifests:
        key = manifest.content, manifest.partition_spec_id, _size_class(manifest)
        groups.setdefault(key, []).append(manifest)
    merged: list[ManifestFile] = []
    for (content, spec, _), group in groups.items():
        # PyIceberg writes manifests of data files only.
        if content is ManifestContent.DATA and len(group) >= _AT_ONCE:
            merged.append(merging._create_manifest(spec, group))
            _delete_after_commit(snapshot, group)
        else:
            merged += group
    return merged


def _delete_after_commit(snapshot: _SnapshotProducer[Any], manifests: list[ManifestFile]) -> None:
    """Have PyIceberg delete manifests that this commit wrote, and no snapshot refers to."""
    for manifest in manifests:
        if manifest.manifest_path in snapshot._written_manifests:
            snapshot._written_manifests.remove(manifest.manifest_path)
            snapshot._uncommitted_manifests.append(manifest.manifest_path)


def _size_class(manifest: ManifestFile) -> int:
    """Return how many times the number of a manifest's entries can be divided by 20."""
    entries = sum(
        count or 0
        for count in (
            manifest.added_files_count,
            manifest.existing_files_count,
            manifest.deleted_files_count,
        )
    )
    result = 0
    while entries >= _AT_ONCE:
        entries //= _AT_ONCE
        result += 1
    return result
