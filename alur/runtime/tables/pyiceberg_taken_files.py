"""Finds the landing files in a table: by bounds in its manifests, and by rows only where bounds leave a doubt.

A data file that combines others lists its landing files in its Parquet footer, beside their rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.acero import AggregateNodeOptions, Declaration, ScanNodeOptions

from alur.contracts.columns import INGESTED_AT, SOURCE_FILE
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.pyiceberg_data_files import checked, data_files, unchecked_rows
from alur.runtime.tables.pyiceberg_folder import path_in_store, store_of
from alur.runtime.tables.taken_files import FileBounds, microseconds, time_taken

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table


_LIST = "alur.landing-files"
_MOST_LISTED = 5_000
"""Every reader of a data file reads its footer."""


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
    taken = _latest([*taken.items(), *_within(table, checked(table, doubtful)).items()])
    return {name: taken[name] for name in names if name in taken}


def landing_files(table: Table, files: list[DataFile]) -> dict[str, datetime]:
    """Return the landing files with rows in data files, with the latest time of each.

    Raises:
        EngineError: a data file that must be read is missing or damaged.
    """
    bounds = [_bounds(table, file).sole for file in files]
    rest = [file for file, sole in zip(files, bounds, strict=True) if not sole]
    return _latest([*filter(None, bounds), *_within(table, checked(table, rest)).items()])


def footer(landing_files: dict[str, datetime]) -> dict[str, str]:
    """Return the entry of a Parquet footer that lists landing files; none if they are too many for it."""
    if len(landing_files) > _MOST_LISTED:
        return {}
    times = {name: microseconds(when) for name, when in landing_files.items()}
    return {_LIST: json.dumps(times, ensure_ascii=False)}


def _within(table: Table, files: list[DataFile]) -> dict[str, datetime]:
    lists = [_listed(table, file) for file in files]
    unlisted = [file for file, listed in zip(files, lists, strict=True) if not listed]
    found = (listed.items() for listed in (*lists, _read(table, unlisted)))
    return _latest(chain.from_iterable(found))


def _latest(found: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for name, when in found:
        latest[name] = max(when, latest.get(name, when))
    return latest


def _listed(table: Table, file: DataFile) -> dict[str, datetime]:
    """Return the landing files that a data file's footer lists; none if it has no list."""
    path = path_in_store(file.file_path)
    entries = pq.read_metadata(path, filesystem=store_of(table)).metadata or {}
    times: dict[str, int] = json.loads(entries.get(_LIST.encode(), "{}"))
    return {name: time_taken(micros) for name, micros in times.items()}


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
    rows = unchecked_rows(table, files, columns)
    scan = Declaration("scan", ScanNodeOptions(rows, columns=columns.names))
    latest = AggregateNodeOptions([(INGESTED_AT, "hash_max", None, INGESTED_AT)], [SOURCE_FILE])
    found = Declaration("aggregate", latest, [scan]).to_table()
    times = found[INGESTED_AT].cast(pa.int64()).to_pylist()
    return {
        name: time_taken(when or 0)
        for name, when in zip(found[SOURCE_FILE].to_pylist(), times, strict=True)
        if name is not None
    }
