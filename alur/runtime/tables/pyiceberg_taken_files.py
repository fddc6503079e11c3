"""Finds the landing files in a table: by bounds in its manifests, and by rows only where bounds leave a doubt."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.acero import AggregateNodeOptions, Declaration, ScanNodeOptions

from alur.contracts.columns import INGESTED_AT, SOURCE_FILE
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.pyiceberg_data_files import checked, data_files, local_path
from alur.runtime.tables.taken_files import FileBounds, time_taken

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
    files = [(file, _bounds(table, file)) for file in data_files(table)]
    taken = dict(bounds.sole for _, bounds in files if bounds.sole)
    rest = sorted(name.encode() for name in set(names) - taken.keys())
    doubtful = [file for file, bounds in files if not bounds.sole and bounds.may_hold(rest)]
    taken |= _read(table, checked(table, doubtful))
    return {name: taken[name] for name in names if name in taken}


def _bounds(table: Table, file: DataFile) -> FileBounds:
    name, time = (
        table.schema().find_field(column).field_id for column in (SOURCE_FILE, INGESTED_AT)
    )
    lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
    latest = upper.get(time)
    micros = None if latest is None else int.from_bytes(latest, "little", signed=True)
    return FileBounds(lower.get(name), upper.get(name), micros)


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
