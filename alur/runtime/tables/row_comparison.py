"""Compares two states of one table, row by row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alur.contracts.columns import OF_A_RUN
from alur.contracts.contract import Contract
from alur.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

_TOLERANCE = 1e-9
"""The relative tolerance for sums of floating-point numbers: engines add in any order."""

_SHOWN = 5

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """The names of the two states, and the tolerance of the comparison.

    Attributes:
        tolerance: the relative tolerance for floating-point numbers.
    """

    first: str = "here"
    second: str = "in the sandbox"
    tolerance: float = _TOLERANCE


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
            by_row = _RowDifferences(names, contract, sides)
            differences = by_row.between(_rows(first), _rows(second))
            columns = tuple(name for name in names if name in by_row.columns)
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


def _rows(table: pa.Table) -> Counter[Row]:
    """Return the rows, each with its number, and with maps sorted by key."""
    types = [field.type for field in table.schema]
    columns = [column.to_pylist() for column in table.columns]
    return Counter(
        tuple(_comparable(value, type_) for value, type_ in zip(row, types, strict=True))
        for row in zip(*columns, strict=True)
    )


def _comparable(value: Any, type_: pa.DataType) -> Any:
    """Return a hashable form of a value; forms of equal values are equal."""
    import pyarrow.types as kinds

    if value is None:
        return None
    if kinds.is_floating(type_):
        return _Float(value)
    if kinds.is_struct(type_):
        return tuple((field.name, _comparable(value[field.name], field.type)) for field in type_)
    if kinds.is_map(type_):
        items = (
            (_comparable(key, type_.key_type), _comparable(item, type_.item_type))
            for key, item in value
        )
        # Keys of any type have a text, and equal keys have the same text.
        return tuple(sorted(items, key=lambda item: repr(item[0])))
    if kinds.is_list(type_) or kinds.is_large_list(type_):
        return tuple(_comparable(item, type_.value_type) for item in value)
    return value


@dataclass(frozen=True, slots=True)
class _Float:
    """A floating-point number; NaN is NaN."""

    value: float

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Float):
            return NotImplemented
        return self.value == other.value or (math.isnan(self.value) and math.isnan(other.value))

    def __hash__(self) -> int:
        return 0 if math.isnan(self.value) else hash(self.value)

    def is_close(self, other: _Float, tolerance: float) -> bool:
        return self == other or math.isclose(self.value, other.value, rel_tol=tolerance)


class _RowDifferences:
    """The differences between rows, in words.

    Attributes:
        columns: the columns that differ in rows of the same key.
    """

    def __init__(self, names: list[str], contract: Contract, sides: Sides) -> None:
        self._names = names
        self._contract = contract
        self._sides = sides
        self.columns: set[str] = set()

    def between(self, here: Counter[Row], there: Counter[Row]) -> list[str]:
        """Return the differences; none if the rows are the same."""
        only = list((here - there).elements()), list((there - here).elements())
        ours, theirs = _without_close(*only, self._sides.tolerance)
        if not ours and not theirs:
            return []
        total = max(len(ours), len(theirs))
        changed, ours, theirs = self._paired(ours, theirs)
        names, sides = self._names, self._sides
        lines = [f"{counted(total, 'row differs', 'rows differ')}", *changed[:_SHOWN]]
        lines += [f"only {sides.first}: {_text(row, names)}" for row in ours[:_SHOWN]]
        lines += [f"only {sides.second}: {_text(row, names)}" for row in theirs[:_SHOWN]]
        shown = sum(min(len(rows), _SHOWN) for rows in (changed, ours, theirs))
        more = len(changed) + len(ours) + len(theirs) - shown
        return [*lines, f"and {more:,} more"] if more else lines

    def _paired(self, here: list[Row], there: list[Row]) -> tuple[list[str], list[Row], list[Row]]:
        """Return the differences of rows with the same key, in words, and the rows without a partner."""
        names, keys = self._names, self._contract.key
        positions = [names.index(key) for key in keys if key in names]
        if not positions or len(positions) < len(keys):
            return [], here, there
        partners = {tuple(row[p] for p in positions): row for row in there}
        changed, alone = [], []
        for row in here:
            other = partners.pop(tuple(row[p] for p in positions), None)
            if other is None:
                alone.append(row)
            else:
                changed.append(self._change(row, other))
        return changed, alone, list(partners.values())

    def _change(self, row: Row, other: Row) -> str:
        values = dict(zip(self._names, row, strict=True))
        key = ", ".join(f"{name}={_value(values[name])}" for name in self._contract.key)
        differing = [
            (name, a, b) for name, a, b in zip(self._names, row, other, strict=True) if a != b
        ]
        self.columns.update(name for name, _, _ in differing)
        first, second = self._sides.first, self._sides.second
        what = "; ".join(
            f"{name} is {_value(a)} {first} and {_value(b)} {second}" for name, a, b in differing
        )
        return f"{key}: {what}"


def _without_close(
    here: list[Row], there: list[Row], tolerance: float
) -> tuple[list[Row], list[Row]]:
    """Return the rows without a partner within the tolerance for floats."""
    partners: dict[Row, list[Row]] = {}
    for row in there:
        partners.setdefault(_skeleton(row), []).append(row)
    left = []
    for row in here:
        candidates = partners.get(_skeleton(row), [])
        match = next(
            (candidate for candidate in candidates if _close(row, candidate, tolerance)), None
        )
        if match is None:
            left.append(row)
        else:
            candidates.remove(match)
    return left, [row for rows in partners.values() for row in rows]


def _skeleton(value: Any) -> Any:
    """Return a value without its floats."""
    if isinstance(value, tuple):
        return tuple(map(_skeleton, value))
    return "float" if isinstance(value, _Float) else value


def _floats(value: Any) -> Iterator[_Float]:
    if isinstance(value, tuple):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, _Float):
        yield value


def _close(row: Row, other: Row, tolerance: float) -> bool:
    pairs = zip(_floats(row), _floats(other), strict=True)
    return all(a.is_close(b, tolerance) for a, b in pairs)


def _text(row: Row, names: list[str]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in zip(names, row, strict=True))


def _value(value: Any) -> str:
    if isinstance(value, _Float):
        return repr(value.value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))})"
    return str(value)
