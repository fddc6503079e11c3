"""Finds the commits of a source since the last run, and what they changed in its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import CHANGE, ArrayType, ColumnType, MapType, StructType, walk
from alur.contracts.contract import Contract
from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.state import Snapshot, TableState

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

ADDED, REMOVED = "added", "removed"

_COUNT = "__alur_count"


@dataclass(frozen=True, slots=True)
class NewCommits:
    """The commits that have changed a table's rows since an earlier snapshot.

    Attributes:
        upto: the table's current snapshot.
        ids: theirs, the latest first.
        last_run: the record of the run behind the current rows; None if another tool wrote them.
    """

    upto: int
    ids: tuple[int, ...]
    last_run: Provenance | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The commits cannot be known."""

    reason: str


def commits_since(source: TableState, since: int) -> NewCommits | Unknown:
    """Return the commits of a table since one of its snapshots."""
    newer: list[Snapshot] = []
    for snapshot in source.history():
        if snapshot.schema_id != source.schema_id:
            return Unknown("its columns have changed since the last run")
        if int(snapshot.summary.get("total-delete-files", 0)):
            return Unknown("another program keeps deleted rows in files of their own")
        if snapshot.id == since:
            rows_changed = [commit for commit in newer if commit.operation != "replace"]
            upto = newer[0].id if newer else since
            ids = tuple(commit.id for commit in rows_changed)
            return NewCommits(upto, ids, source.last_run)
        newer.append(snapshot)
    return Unknown(
        "the snapshot of the last run is gone: it has expired, or the table is a new one"
    )


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """What commits changed, file by file.

    Attributes:
        added: the rows of files that came into the table.
        removed: the rows of files that left it; None if none did.
        rows: the number of all these rows.
    """

    added: DataFrame
    removed: DataFrame | None
    rows: int


def net_changes(files: ChangedFiles, contract: Contract) -> DataFrame:
    """Return the rows that came or went, with ``_change``, without those that files only carried along.

    A row counts as often as it occurs. All values are compared to the last bit, but for floating-point numbers in nested
    columns.
    """
    assert files.removed is not None, "files that only came hold no row that went"
    names = [f"`{column.name}`" for column in contract.columns]
    keys = {
        f"__alur_key_{n}": _exact(F.col(names[n]), c.type) for n, c in enumerate(contract.columns)
    }
    both = files.added.select(*names, F.lit(1).alias(_COUNT)).union(
        files.removed.select(*names, F.lit(-1).alias(_COUNT))
    )
    kept = (F.first(name).alias(name.strip("`")) for name in names)
    counted = (
        both.withColumns(keys)
        .groupBy(*keys)
        .agg(F.sum(_COUNT).alias(_COUNT), *kept)
        .filter(F.col(_COUNT) != 0)
    )
    change = F.when(F.col(_COUNT) > 0, F.lit(ADDED)).otherwise(F.lit(REMOVED)).alias(CHANGE)
    times = F.explode(F.sequence(F.lit(1).cast("bigint"), F.abs(F.col(_COUNT)))).alias(_COUNT)
    return counted.select(*names, change, times).drop(_COUNT)


def _exact(value: SparkColumn, type_: ColumnType) -> SparkColumn:
    """Return a value that can be grouped by: 0.0 equals -0.0, but their texts differ, and maps have no equality."""
    if str(type_) in ("float", "double"):
        return value.cast("string")
    return _entries(value, type_) if any(isinstance(t, MapType) for t in walk(type_)) else value


def _entries(value: SparkColumn, type_: ColumnType) -> SparkColumn:
    """Return a value in which each map is the list of its entries, in their order."""
    match type_:
        case ArrayType(element=inner):
            return F.transform(value, lambda item: _entries(item, inner))
        case MapType(value=inner):
            values = F.transform(F.map_values(value), lambda item: _entries(item, inner))
            return F.struct(F.map_keys(value), values)
        case StructType(fields=fields):
            inside = [_entries(value.getField(f.name), f.type).alias(f.name) for f in fields]
            return F.when(value.isNotNull(), F.struct(*inside))
        case _:
            return value
