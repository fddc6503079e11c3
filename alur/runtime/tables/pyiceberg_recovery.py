"""Inspects a table's folder: leftovers of a killed run, and tables lost by the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alur.errors import EngineError
from alur.runtime.tables.pyiceberg_clones import FilesNeeded, no_files_needed
from alur.runtime.tables.pyiceberg_folder import TableFolder
from alur.runtime.tables.pyiceberg_manifests import files_of_snapshots

if TYPE_CHECKING:
    from pyiceberg.table import Table

_POINTER = "version-hint.text"
"""The file by which some engines find a table's metadata in its folder; Sail writes one."""


def remove_leftovers(
    folder: Path, table: Table | None, catalog: Path, needed: FilesNeeded = no_files_needed
) -> None:
    """Delete what a killed run left in a table's folder.

    The caller holds the table. If the catalog has no table, delete only metadata without a snapshot, which a run killed
    before the first commit may leave.

    Args:
        needed: gives the files that other tables need.

    Raises:
        EngineError: the catalog is an older copy, and the files of later commits would be deleted.
    """
    if table is not None:
        _refuse_older_catalog(folder, table, catalog)
        remove_orphans(table, needed=needed)
        return
    for path in _metadata_files(folder):
        if not _has_snapshot(path):
            path.unlink()


def _refuse_older_catalog(folder: Path, table: Table, catalog: Path) -> None:
    newest = newest_metadata(folder)
    # A killed run is at most one state ahead.
    if newest and version_of(str(newest)) > version_of(table.metadata_location) + 1:
        raise EngineError(
            f"the catalog {catalog} is older than the table {'.'.join(table.name())}: "
            f"it refers to {table.metadata_location}, but {newest} exists",
            remedy="restore the newer catalog.db; or remove it, and add the tables to a new one: alur adopt",
        )


def remove_orphans(
    table: Table, before: datetime | None = None, needed: FilesNeeded = no_files_needed
) -> int:
    """Delete the files below a table's location that no snapshot needs; return their number.

    The caller holds the table, so no other run is about to commit these files.

    Args:
        before: spare files written later; by default none.
        needed: gives the files that other tables need.

    Raises:
        EngineError: it is not known which files other tables need.
    """
    known = {_POINTER, *(_name(location) for location in _referenced(table))}
    latest = before.timestamp() if before else inf
    folder = TableFolder.of(table)
    orphans = [
        file.path
        for file in folder.files()
        if file.base_name not in known and file.mtime.timestamp() < latest
    ]
    if not orphans:
        return 0
    with needed(table) as names:
        deleted = [path for path in orphans if _name(path) not in names]
        folder.delete(deleted)
    return len(deleted)


def newest_metadata(folder: Path) -> Path | None:
    """Return the last metadata file with a snapshot in a table's folder; None if there is none."""
    for path in sorted(_metadata_files(folder), key=_age, reverse=True):
        if _has_snapshot(path):
            return path
    return None


def version_of(metadata_file: str) -> int:
    """Return the version of a table's state, by the number at the beginning of its metadata file's name.

    >>> version_of("/shop/.alur/warehouse/gold/sales/metadata/00012-6f0c.metadata.json")
    12
    """
    number = _name(metadata_file).partition("-")[0]
    return int(number) if number.isdigit() else -1


def _metadata_files(folder: Path) -> list[Path]:
    return list((folder / "metadata").glob("*.metadata.json"))


def _age(path: Path) -> tuple[int, int]:
    # A killed run may have left an older one of the same number.
    return version_of(str(path)), int(_content(path).get("last-updated-ms", 0))


def _has_snapshot(path: Path) -> bool:
    return (_content(path).get("current-snapshot-id") or -1) != -1


def _content(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content


def _name(location: str) -> str:
    # File names carry UUIDs, so the name alone identifies a file, however its folder is spelled.
    return location.rpartition("/")[2]


def _referenced(table: Table) -> Iterator[str]:
    """Yield every metadata, manifest and data file needed by the table's current metadata."""
    yield table.metadata_location
    for entry in table.metadata.metadata_log:
        yield entry.metadata_file
    yield from files_of_snapshots(table, table.metadata.snapshots)
