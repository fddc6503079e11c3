"""Reads the states of this machine's tables, many at once, without PyIceberg."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.tables.state import TableState

METADATA_FILES = "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables"
"""Reads each table's layer, name, and the address of its metadata file."""


def local_states(
    warehouse: Path, contracts: Iterable[Contract]
) -> dict[str, TableState | EngineError | None]:
    """Return the state of each table by ``layer.table``: None if it does not exist, an error if it cannot be read.

    Args:
        warehouse: the folder of the tables.

    Raises:
        EngineError: the catalog cannot be read.
    """
    files = metadata_files(warehouse / "catalog.db")
    return {c.identifier: _state(files.get(c.identifier), c.identifier) for c in contracts}


def metadata_files(catalog: Path) -> dict[str, str]:
    """Return the address of each table's metadata file, by ``layer.table``; none if there is no catalog.

    Raises:
        EngineError: the catalog cannot be read.
    """
    if not catalog.exists():
        return {}
    with opened_catalog(catalog) as opened:
        return {f"{space}.{name}": file for space, name, file in opened.execute(METADATA_FILES)}


@contextmanager
def opened_catalog(catalog: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that only reads a catalog.

    Raises:
        EngineError: the catalog cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(catalog))}?mode=ro", uri=True)) as opened:
            yield opened
    except sqlite3.Error as error:
        raise EngineError(
            f"the catalog {catalog} cannot be read: {error}",
            remedy="check that it is readable; if it is damaged, restore it, or see alur adopt",
        ) from error


def _state(address: str | None, table: str) -> TableState | EngineError | None:
    if address is None:
        return None
    try:
        return TableState.parse(Path(address.removeprefix("file://")).read_bytes())
    except EngineError as error:
        return error
    except (OSError, ValueError, KeyError) as error:
        return EngineError(
            f"the metadata of {table} cannot be read: {error}",
            remedy="if the project's folder has moved, move it back; else see alur adopt",
        )
