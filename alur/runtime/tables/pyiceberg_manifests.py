"""The manifests of snapshots, and the data files in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.manifest import ManifestFile
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot


def manifests_of(table: Table, snapshots: Iterable[Snapshot]) -> dict[str, ManifestFile]:
    """Return the manifests of snapshots by their locations; snapshots share most of them."""
    return {m.manifest_path: m for s in snapshots for m in s.manifests(table.io)}


def files_of_snapshots(table: Table, snapshots: Collection[Snapshot]) -> Iterator[str]:
    """Yield the locations of all files that snapshots need: lists of manifests, manifests and data files."""
    for snapshot in snapshots:
        yield snapshot.manifest_list
    manifests = manifests_of(table, snapshots)
    yield from manifests
    yield from data_files_of(table, manifests.values())


def data_files_of(table: Table, manifests: Iterable[ManifestFile]) -> set[str]:
    """Return the locations of the files in manifests, without those that a snapshot has removed."""
    return {
        entry.data_file.file_path
        for manifest in manifests
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }
