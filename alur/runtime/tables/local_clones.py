"""Clones a warehouse of this machine: each table's metadata in another folder, with the same data files.

No data file is copied or read. A clone's commits write into its own folder, and leave the other warehouse's files alone.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from alur.errors import EngineError
from alur.project.clones import clones_folder
from alur.runtime.tables.cloned_metadata import CLONED_SNAPSHOT, cloned
from alur.runtime.tables.local_states import METADATA_FILES, opened_catalog
from alur.runtime.tables.state import TableState
from alur.syncing import sync


@contextmanager
def hold_clones(root: Path) -> Iterator[None]:
    """Keep others from making or dropping clones of a project, and from deleting files that these may need.

    Raises:
        OSError: the lock's file cannot be written.
    """
    folder = clones_folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "clones.lock"):
        yield


def clone_tables(origin: Path, folder: Path, home: Path) -> int:
    """Make a warehouse whose tables have the rows of another one's; return their number.

    The tables are those of one moment: the catalog is read in one transaction.

    Args:
        origin: the folder of the other warehouse.
        folder: the new folder to write to.
        home: where the caller moves it.

    Raises:
        EngineError: a table of the other warehouse cannot be read.
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True)
    catalog = origin / "catalog.db"
    if not catalog.exists():
        return 0
    with opened_catalog(catalog) as source, closing(sqlite3.connect(folder / "catalog.db")) as copy:
        source.backup(copy)
        with copy:
            files = [
                _clone_table(origin, folder, home, copy, *row)
                for row in copy.execute(METADATA_FILES).fetchall()
            ]
    with ThreadPoolExecutor() as pool:
        list(pool.map(sync, (*files, folder / "catalog.db")))
    return len(files)


def cloned_snapshot(state: TableState) -> int:
    """Return the id of the snapshot that was current when a clone's table was cloned; -1 for none."""
    return int(state.properties.get(CLONED_SNAPSHOT, -1))


def may_have_changed(state: TableState, snapshot_id: int) -> bool:
    """Return whether rows of a table may have changed since a snapshot; they may have if it has expired."""
    if state.snapshot is None:
        return False
    base = state.snapshots.get(snapshot_id)
    return base is None or state.written_since(base)


def _clone_table(
    origin: Path,
    folder: Path,
    home: Path,
    catalog: sqlite3.Connection,
    namespace: str,
    name: str,
    address: str,
) -> Path:
    """Write the metadata file of a cloned table, enter it into the new catalog, and return its path."""
    metadata = _metadata(address, f"{namespace}.{name}")
    if Path(metadata["location"].removeprefix("file://")) != origin / namespace / name:
        raise EngineError(
            f"the table {namespace}.{name} is not in the folder {origin}: {metadata['location']}",
            remedy="Iceberg keeps absolute paths: if the project's folder has moved, move it back",
        )
    relative = f"{namespace}/{name}/metadata/00000-{uuid.uuid4()}.metadata.json"
    path = folder / relative
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(cloned(metadata, str(home / namespace / name))), encoding="utf-8")
    catalog.execute(
        "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = NULL"
        " WHERE table_namespace = ? AND table_name = ?",
        (str(home / relative), namespace, name),
    )
    return path


def _metadata(address: str, table: str) -> dict[str, Any]:
    try:
        metadata: dict[str, Any] = json.loads(Path(address.removeprefix("file://")).read_bytes())
    except (OSError, ValueError) as error:
        raise EngineError(
            f"the metadata of {table} cannot be read: {error}",
            remedy="if the project's folder has moved, move it back; else see alur adopt",
        ) from error
    return metadata
