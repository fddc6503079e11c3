"""Clears what a killed run left in a table's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table


def remove_orphans(folder: Path, table: Table | None) -> None:
    """Deletes the files below a table's folder that none of its snapshots knows.

    The caller holds the table, so no file can be one that another run is about to commit.
    """
    known = {_name(location) for location in _referenced(table)} if table else set()
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in known:
            path.unlink()


def _name(location: str) -> str:
    # File names carry UUIDs, so the name alone says which file it is, however its folder is written.
    return location.rpartition("/")[2]


def _referenced(table: Table) -> Iterator[str]:
    """Every metadata, manifest and data file that the table's current metadata leads to."""
    yield table.metadata_location
    for entry in table.metadata.metadata_log:
        yield entry.metadata_file
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            yield manifest.manifest_path
            for item in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                yield item.data_file.file_path
