"""The tables of edge values, as Parquet files that both engines read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql.pandas.types import to_arrow_type

from tests.certification.values import COUNT, KINDS, Kind

_FILES = 3


def write_tables(folder: Path) -> None:
    """Write every table into its own folder.

    * ``line``: each value once; ``cross``: each pair of values in the columns a and b, and some third one in c.
    * ``solid``: the same pairs without nulls, in columns that cannot be null.
    * ``groups``: values in groups (``g``): each alone, pairs, nulls, all; a total order (``o``), and one with ties
      (``t``). ``reversed`` and ``shuffled`` hold its rows in other orders, the latter in several files.
    """
    _write(folder / "line", [_columns("line", COUNT)], row_group_size=8)
    _write(folder / "cross", [_columns("cross", COUNT * COUNT)], row_group_size=200)
    _write(folder / "solid", [_columns("solid", COUNT * COUNT)], row_group_size=200)
    groups = _groups()
    _write(folder / "groups", [groups])
    _write(folder / "reversed", [groups[::-1]])
    shuffled = groups.copy()
    random.Random(7).shuffle(shuffled)
    _write(folder / "shuffled", [shuffled[i::_FILES] for i in range(_FILES)])


def index_of(table: str, letter: str, row: int) -> int:
    """Return the index, among its kind's values, of a column's value in a row of ``line`` or ``cross``."""
    if table == "line":
        return row + {"a": 0, "b": 1, "c": 3}[letter]
    i, j = divmod(row, COUNT)
    return {"a": i, "b": j, "c": 3 * i + 5 * j + 1}[letter]


def value_of(table: str, kind: Kind, index: int) -> Any:
    """Return one of a kind's values."""
    solid = [value for value in kind.values if value is not None]
    values = solid if table == "solid" else kind.values
    return values[index % len(values)]


def _columns(table: str, count: int) -> list[dict[str, Any]]:
    return [
        {"k": row}
        | {
            f"{letter}_{name}": value_of(table, kind, index_of(table, letter, row))
            for letter in "abc"
            for name, kind in KINDS.items()
        }
        for row in range(count)
    ]


def _groups() -> list[dict[str, Any]]:
    """Return the rows of ``groups``; an index beyond all values stands for a null."""
    null = -1
    members = [[i] for i in range(COUNT)]
    members += [[i, (i + step) % COUNT] for step in (1, 2, 5) for i in range(COUNT)]
    members += [[i, i, null] for i in range(0, COUNT, 3)]
    members += [[null], [null, null], [*range(COUNT)], [*range(COUNT), *range(0, COUNT, 2), null]]
    rows: list[dict[str, Any]] = []
    for g, indexes in enumerate(members):
        for o, index in enumerate(indexes):
            row = {"k": len(rows), "g": g, "o": o, "t": None if o % 7 == 5 else o // 3}
            for name, kind in KINDS.items():
                row[f"a_{name}"] = None if index == null else value_of("groups", kind, index)
                row[f"b_{name}"] = value_of("groups", kind, 2 * len(rows) + 1)
            rows.append(row)
    return rows


def _write(folder: Path, parts: list[list[dict[str, Any]]], row_group_size: int = 1000) -> None:
    folder.mkdir(parents=True)
    names = list(parts[0][0])
    for number, rows in enumerate(parts):
        is_nullable = folder.name != "solid"
        fields = [pa.field(name, _arrow_type(name), is_nullable) for name in names]
        arrays = [pa.array([row[f.name] for row in rows], f.type) for f in fields]
        table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=row_group_size)


def _arrow_type(name: str) -> pa.DataType:
    kind = name[2:]
    return to_arrow_type(KINDS[kind].type) if kind in KINDS else pa.int32()
