"""Finds the landing files in a table: by bounds in its manifests, and by rows only where bounds leave a doubt."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.acero import AggregateNodeOptions, Declaration, ScanNodeOptions

from alur.contracts.columns import INGESTED_AT, SOURCE_FILE
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.pyiceberg_data_files import checked, data_files, local_path
from alur.runtime.tables.taken_files import time_taken

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table


def taken_files(table: Table, names: Collection[str]) -> dict[str, datetime]:
    """Return when landing files were taken, for those with rows in a table.

    Raises:
        EngineError: a data file that must be read is missing or damaged.
    """
    if table.current_snapshot() is None or SOURCE_FILE not in table.schema().column_names:
        return {}
    files = data_files(table)
    taken = {name: when for file in files for name, when in _sole_landing_file(table, file)}
    rest = sorted(name.encode() for name in set(names) - taken.keys())
    doubtful = checked(table, [file for file in files if _may_hold(table, file, rest)])
    taken |= _read(table, doubtful)
    return {name: taken[name] for name in names if name in taken}


def _sole_landing_file(table: Table, file: DataFile) -> Iterator[tuple[str, datetime]]:
    """Yield the one landing file with rows in a data file, if its bounds show that there is just one.

    A shortened upper bound is above the value, so bounds that are equal are the value.
    """
    low, high = _bounds(table, file, SOURCE_FILE)
    _, latest = _bounds(table, file, INGESTED_AT)
    if low is not None and low == high and latest is not None:
        yield low.decode(), time_taken(int.from_bytes(latest, "little", signed=True))


def _may_hold(table: Table, file: DataFile, names: list[bytes]) -> bool:
    low, high = _bounds(table, file, SOURCE_FILE)
    if low is None or high is None:
        return bool(names)
    return low != high and any(low <= name <= high for name in names)


def _bounds(table: Table, file: DataFile, column: str) -> tuple[bytes | None, bytes | None]:
    number = table.schema().find_field(column).field_id
    return (file.lower_bounds or {}).get(number), (file.upper_bounds or {}).get(number)


def _read(table: Table, files: list[DataFile]) -> dict[str, datetime]:
    """Return the landing files of data files' rows, with the latest time of each."""
    if not files:
        return {}
    schema = arrow_schema(table.schema())
    columns = pa.schema([schema.field(SOURCE_FILE), schema.field(INGESTED_AT)])
    paths = [str(local_path(file.file_path)) for file in files]
    rows = ds.dataset(paths, schema=columns, format="parquet")
    scan = Declaration("scan", ScanNodeOptions(rows, columns=columns.names))
    latest = AggregateNodeOptions([(INGESTED_AT, "hash_max", None, INGESTED_AT)], [SOURCE_FILE])
    found = Declaration("aggregate", latest, [scan]).to_table()
    times = found[INGESTED_AT].cast(pa.int64()).to_pylist()
    return {
        name: time_taken(when or 0)
        for name, when in zip(found[SOURCE_FILE].to_pylist(), times, strict=True)
        if name is not None
    }
