"""Finds the landing files in a table of the catalog: by bounds, where the catalog shows them, then by rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_sql import bounds_of_landing_files
from alur.runtime.tables.taken_files import FileBounds, taken_files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DATA = 0
"""The content of data files; other tools' delete files have another (https://iceberg.apache.org/spec/#data-file-fields)."""


def files_taken(
    session: SparkSession, name: str, snapshot: int, rows: DataFrame, names: Collection[str]
) -> dict[str, datetime]:
    """Return when landing files were taken, for those with rows in a table.

    Args:
        name: the table's name in Spark.
        rows: its rows in the snapshot.
    """
    if not has_iceberg(session):
        return taken_files(rows, names)
    files = _bounds(session, name, snapshot)
    if files is None:
        return taken_files(rows, names)
    taken = dict(bounds.sole for bounds in files if bounds.sole)
    rest = sorted(name.encode() for name in set(names) - taken.keys())
    if any(not bounds.sole and bounds.may_hold(rest) for bounds in files):
        taken |= taken_files(rows, [name.decode() for name in rest])
    return {name: taken[name] for name in names if name in taken}


def _bounds(session: SparkSession, name: str, snapshot: int) -> list[FileBounds] | None:
    """Return the bounds of a table's data files, without reading them; None if other files delete some of their rows."""
    files = session.sql(bounds_of_landing_files(name, snapshot)).collect()
    if any(content != _DATA for content, *_ in files):
        return None
    return [FileBounds(_encoded(low), _encoded(high), latest) for _, low, high, latest in files]


def _encoded(name: str | None) -> bytes | None:
    return None if name is None else name.encode()
