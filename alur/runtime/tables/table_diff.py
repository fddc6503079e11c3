"""Compares two states of a table in batches, whatever its size."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any
from zlib import crc32

import pyarrow as pa

from alur.contracts.columns import OF_A_RUN
from alur.runtime.tables.close_rows import Row, without_floats
from alur.runtime.tables.row_differences import RowDifferences, row_differences, rows_of, shown

_AT_ONCE = 200_000
"""The number of rows to compare at once; more are first divided into parts of about this size."""
_MOST_PARTS = 200
_BLOCK = 20_000
"""The number of rows to divide at once."""


@dataclass(frozen=True)
class TableState:
    """A table at one time and place.

    Attributes:
        name: such as an environment's.
        schema: its columns.
        rows: the number of all rows.
        compared: the number of rows that ``read`` returns: those of files that the other state does not have.
        read: reads some columns, in batches.
    """

    name: str
    schema: pa.Schema
    rows: int
    compared: int
    read: Callable[[Sequence[str]], Iterable[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """A column that differs between the states; None where it does not exist."""

    column: str
    first: str | None
    second: str | None


@dataclass
class TableDiff:
    """The differences between two states.

    Attributes:
        columns: the differences of the schemas; the rows are compared in the other columns.
        left_out: columns not compared, because they differ in every run.
        key: the columns by which changed rows were found.
        removed, added, changed: the numbers of rows of only the first state, of only the second, and of both.
        changed_columns: the number of changed rows in which each column differs.
        samples: some of these rows.
    """

    first: TableState
    second: TableState
    columns: tuple[ColumnDifference, ...]
    left_out: tuple[str, ...]
    key: tuple[str, ...]
    samples: RowDifferences
    removed: int = 0
    added: int = 0
    changed: int = 0
    changed_columns: Counter[str] = field(default_factory=Counter)

    @property
    def differs(self) -> bool:
        """Whether the states differ."""
        return bool(self.columns or self.removed or self.added or self.changed)


def table_diff(
    first: TableState,
    second: TableState,
    key: Sequence[str],
    tolerance: float,
    sample: int,
    at_once: int = _AT_ONCE,
) -> TableDiff:
    """Return the differences between two states, regardless of the order of rows.

    Args:
        key: the columns that identify a row; empty to compare rows as a whole, each as often as it occurs.
        tolerance: the relative tolerance for floating-point numbers.
        sample: the maximum number of rows of each kind to keep.
        at_once: the number of rows of both states to hold in memory.
    """
    columns, names = _schemas(first.schema, second.schema)
    used = tuple(key) if set(key) <= set(names) else ()
    left_out = tuple(name for name in first.schema.names if name in OF_A_RUN)
    diff = TableDiff(
        first, second, columns, left_out, used, RowDifferences(names, used, tolerance, [], [], [])
    )
    parts = min(_MOST_PARTS, 1 + (first.compared + second.compared) // at_once)
    # Close floats count as equal, so they must not decide where a row is.
    form = without_floats if tolerance else hash
    for ours, theirs in _parts(first, second, names, used, parts, form):
        _add(diff, row_differences(Counter(ours), Counter(theirs), names, used, tolerance), sample)
    diff.changed_columns = Counter(
        {name: diff.changed_columns[name] for name in names if diff.changed_columns[name]}
    )
    return diff


def _schemas(first: pa.Schema, second: pa.Schema) -> tuple[tuple[ColumnDifference, ...], list[str]]:
    """Return the columns that differ, and the names of the others to compare; a column may have become nullable."""
    ours, theirs = ({f.name: _described(f) for f in schema} for schema in (first, second))
    differing = tuple(
        ColumnDifference(name, ours.get(name), theirs.get(name))
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    )
    same = [
        name
        for name in ours
        if name in theirs
        and name not in OF_A_RUN
        and first.field(name).type.equals(second.field(name).type)
    ]
    return differing, same


def _described(column: pa.Field) -> str:
    return f"{column.type}{'' if column.nullable else ' not null'}"


def _add(diff: TableDiff, found: RowDifferences, sample: int) -> None:
    diff.removed += len(found.only_first)
    diff.added += len(found.only_second)
    diff.changed += len(found.changed)
    diff.changed_columns.update(found.columns)
    kept = diff.samples
    kept.only_first[:] = _first(kept.only_first + found.only_first, sample)
    kept.only_second[:] = _first(kept.only_second + found.only_second, sample)
    pairs = sorted(
        kept.changed + found.changed, key=lambda pair: (_place(pair[0]), _place(pair[1]))
    )
    kept.changed[:] = pairs[:sample]


def _first(rows: list[Row], sample: int) -> list[Row]:
    """Return the first rows in an order that does not depend on how they are stored."""
    return sorted(rows, key=_place)[:sample]


def _place(row: Row) -> tuple[tuple[int, Any], ...]:
    """Return a sort key for rows of the same columns: by value, nulls first."""
    return tuple(
        (0, 0)
        if value is None
        else (1, value)
        if isinstance(value, int | Decimal)
        else (2, shown(value))
        for value in row
    )


def _parts(
    first: TableState,
    second: TableState,
    names: Sequence[str],
    key: Sequence[str],
    parts: int,
    form: Callable[[Row], object],
) -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield the rows of both states, divided so that rows of one key are in one part.

    Args:
        form: returns the same for keys that count as equal.
    """
    if parts == 1:
        yield list(_rows(first, names)), list(_rows(second, names))
        return
    positions = [names.index(name) for name in key] or list(range(len(names)))
    with ExitStack() as open_files:
        sides = [
            _divided(_rows(state, names), positions, parts, form, open_files)
            for state in (first, second)
        ]
        for ours, theirs in zip(*sides, strict=True):
            yield list(_loaded(ours)), list(_loaded(theirs))


def _divided(
    rows: Iterator[Row],
    positions: Sequence[int],
    parts: int,
    form: Callable[[Row], object],
    open_files: ExitStack,
) -> list[IO[bytes]]:
    """Return temporary files, each with a part of the rows."""
    files: list[IO[bytes]] = [
        open_files.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
        for _ in range(parts)
    ]
    while block := list(islice(rows, _BLOCK)):
        by_part: dict[int, list[Row]] = {}
        for row in block:
            identity = repr(form(tuple(row[n] for n in positions)))
            by_part.setdefault(crc32(identity.encode()) % parts, []).append(row)
        for part, own in by_part.items():
            pickle.dump(own, files[part])
    for file in files:
        file.seek(0)
    return files


def _loaded(file: IO[bytes]) -> Iterator[Row]:
    while True:
        try:
            yield from pickle.load(file)  # noqa: S301 - this process has written it
        except EOFError:
            return


def _rows(state: TableState, names: Sequence[str]) -> Iterator[Row]:
    for batch in state.read(names):
        yield from rows_of(batch)
