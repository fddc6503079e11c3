"""Compares two states of one table, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.contracts.columns import OF_A_RUN
from alur.contracts.contract import Contract
from alur.runtime.tables.close_rows import Row
from alur.runtime.tables.row_differences import (
    RowDifferences,
    counted_rows,
    row_differences,
    shown,
)
from alur.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

TOLERANCE = 1e-9
"""The relative tolerance for sums of floating-point numbers: engines add in any order."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sides:
    """The names of the two states, and the tolerance of the comparison.

    Attributes:
        tolerance: the relative tolerance for floating-point numbers.
    """

    first: str = "here"
    second: str = "in the sandbox"
    tolerance: float = TOLERANCE


_SANDBOX = Sides()


@dataclass(frozen=True, slots=True)
class TableComparison:
    """The result of a comparison.

    Attributes:
        table: ``layer.table``.
        left_out: columns not compared.
        differences: in words; empty if both are the same.
        columns: the columns that differ in rows of the same key.
    """

    table: str
    rows_here: int
    rows_there: int
    left_out: tuple[str, ...]
    differences: tuple[str, ...]
    columns: tuple[str, ...] = ()


def compare_tables(
    here: pa.Table,
    there: pa.Table,
    contract: Contract,
    ignored: Iterable[str] = (),
    sides: Sides = _SANDBOX,
) -> TableComparison:
    """Compare all rows, regardless of their order.

    Args:
        here, there: the table on the first side, and on the second.
        ignored: columns to leave out, in addition to those of a run.
    """
    out = {*OF_A_RUN, *ignored}
    left_out = tuple(column.name for column in contract.columns if column.name in out)
    differences = _schema_differences(here.schema, there.schema, sides)
    columns: tuple[str, ...] = ()
    if not differences:
        names = [name for name in here.schema.names if name not in out]
        first, second = here.select(names), there.select(names)
        if not names and here.num_rows != there.num_rows:
            differences = ["the numbers of rows differ"]
        elif not _same_at_once(first, second):
            rows = counted_rows(first), counted_rows(second)
            by_row = row_differences(*rows, names, contract.key, sides.tolerance)
            differences = _described(by_row, sides)
            columns = tuple(by_row.columns)
    return TableComparison(
        contract.identifier, here.num_rows, there.num_rows, left_out, tuple(differences), columns
    )


def _same_at_once(here: pa.Table, there: pa.Table) -> bool:
    """Return whether two tables are exactly the same, as most are."""
    import pyarrow.types as kinds

    order = [(field.name, "ascending") for field in here.schema if not kinds.is_nested(field.type)]
    if not order or here.num_rows != there.num_rows:
        return False
    first, second = (table.sort_by(order) for table in (here, there))
    return bool(first.equals(second))


def _schema_differences(here: pa.Schema, there: pa.Schema, sides: Sides) -> list[str]:
    if here.equals(there):
        return []
    ours, theirs = ({f.name: _field(f) for f in schema} for schema in (here, there))
    differences = [
        f"column {name}: {sides.first} {ours.get(name, 'none')}, {sides.second} {theirs.get(name, 'none')}"
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]
    return differences or ["the columns are in another order"]


def _field(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _described(differences: RowDifferences, sides: Sides) -> list[str]:
    """Return the differences in words; none if the rows are the same."""
    if not differences.count:
        return []
    names, changed = differences.names, differences.changed
    ours, theirs = differences.only_first, differences.only_second
    total = len(changed) + max(len(ours), len(theirs))
    lines = [f"{counted(total, 'row differs', 'rows differ')}"]
    lines += [_change(differences, *pair, sides) for pair in changed[:_SHOWN]]
    lines += [f"only {sides.first}: {_text(row, names)}" for row in ours[:_SHOWN]]
    lines += [f"only {sides.second}: {_text(row, names)}" for row in theirs[:_SHOWN]]
    more = differences.count - sum(min(len(rows), _SHOWN) for rows in (changed, ours, theirs))
    return [*lines, f"and {more:,} more"] if more else lines


def _change(differences: RowDifferences, row: Row, other: Row, sides: Sides) -> str:
    key = ", ".join(f"{name}={shown(value)}" for name, value in differences.key_of(row))
    what = "; ".join(
        f"{name} is {shown(a)} {sides.first} and {shown(b)} {sides.second}"
        for name, a, b in differences.changes(row, other)
    )
    return f"{key}: {what}"


def _text(row: Row, names: Sequence[str]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in zip(names, row, strict=True))
