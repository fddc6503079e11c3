"""Inspects a table's folder: leftovers of a killed run, and tables lost by the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alur.runtime.tables.pyiceberg_manifests import data_files_of, manifests_of

if TYPE_CHECKING:
    from pyiceberg.table import Table


def remove_orphans(folder: Path, table: Table | None) -> None:
    """Delete the files below a table's folder that none of its snapshots needs.

    The caller holds the table, so no other run is about to commit these files. If the catalog has no table, delete
    only metadata without a snapshot, which a run killed before the first commit may leave.
    """
    if table is None:
        for path in _metadata_files(folder):
            if not _has_snapshot(path):
                path.unlink()
        return
    known = {_name(location) for location in _referenced(table)}
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in known:
            path.unlink()


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
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
    manifests = manifests_of(table, table.metadata.snapshots)
    yield from manifests
    yield from data_files_of(table, manifests.values())
