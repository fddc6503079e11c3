"""Finds the differences between two sets of rows: the rows of only one side, and changed rows by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alur.runtime.tables.close_rows import Float, Row, close_values, without_close

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RowDifferences:
    """The differences between two sets of rows, the first and the second.

    Attributes:
        names: the columns.
        key: the columns that identify a row; empty if rows have no key.
        only_first, only_second: the rows without a partner of the same key on the other side.
        changed: the pairs of different rows with the same key.
    """

    names: Sequence[str]
    key: Sequence[str]
    tolerance: float
    only_first: list[Row]
    only_second: list[Row]
    changed: list[tuple[Row, Row]]

    @property
    def count(self) -> int:
        """The number of differences."""
        return len(self.only_first) + len(self.only_second) + len(self.changed)

    def beyond(self, limit: int) -> int:
        """Return the number of differences besides the first ``limit`` of each kind."""
        kinds = len(self.only_first), len(self.only_second), len(self.changed)
        return sum(max(0, count - limit) for count in kinds)

    @cached_property
    def columns(self) -> Counter[str]:
        """The number of changed rows in which each column differs; columns without a difference are left out."""
        counts = Counter(name for pair in self.changed for name, _, _ in self.changes(*pair))
        return Counter({name: counts[name] for name in self.names if counts[name]})

    def changes(self, first: Row, second: Row) -> Iterator[tuple[str, Any, Any]]:
        """Yield the columns that differ in a changed row, with both values."""
        for name, one, other in zip(self.names, first, second, strict=True):
            if one != other and not close_values(one, other, self.tolerance):
                yield name, one, other

    def key_of(self, row: Row) -> list[tuple[str, Any]]:
        """Return the names and the values of a row's key."""
        values = dict(zip(self.names, row, strict=True))
        return [(name, values[name]) for name in self.key]


def row_differences(
    first: Counter[Row],
    second: Counter[Row],
    names: Sequence[str],
    key: Sequence[str],
    tolerance: float,
) -> RowDifferences:
    """Return the differences between rows, regardless of their order.

    Args:
        key: the columns by which to find the partner of a changed row; ignored unless all of them are in ``names``.
        tolerance: the relative tolerance for floating-point numbers.
    """
    only = list((first - second).elements()), list((second - first).elements())
    ours, theirs = without_close(*only, tolerance)
    has_key = bool(key) and set(key) <= set(names)
    changed: list[tuple[Row, Row]] = []
    if has_key:
        changed, ours, theirs = _paired(ours, theirs, [names.index(name) for name in key])
    return RowDifferences(names, key if has_key else (), tolerance, ours, theirs, changed)


def _paired(
    first: list[Row], second: list[Row], positions: Sequence[int]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Return the pairs of rows with the same key, and the rows without a partner."""
    partners: dict[Row, list[Row]] = {}
    for row in second:
        partners.setdefault(tuple(row[p] for p in positions), []).append(row)
    changed, alone = [], []
    for row in first:
        others = partners.get(tuple(row[p] for p in positions))
        if others:
            changed.append((row, others.pop(0)))
        else:
            alone.append(row)
    return changed, alone, [row for rows in partners.values() for row in rows]


def counted_rows(table: pa.Table) -> Counter[Row]:
    """Return the rows, each with its number."""
    return Counter(rows_of(table))


def rows_of(table: pa.Table | pa.RecordBatch) -> Iterator[Row]:
    """Yield rows in a hashable form, with maps sorted by key."""
    if not table.num_columns:
        yield from ((),) * table.num_rows
        return
    yield from zip(*map(_comparable_values, table.columns), strict=True)


def _comparable_values(column: pa.Array | pa.ChunkedArray) -> Iterable[Any]:
    convert = _conversion(column.type)
    values: list[Any] = column.to_pylist()
    if convert is None:
        return values
    return (None if value is None else convert(value) for value in values)


def _conversion(type_: pa.DataType) -> Callable[[Any], Any] | None:
    """Return the conversion of values other than null to a hashable form; None if they need none.

    Forms of equal values are equal.
    """
    import pyarrow.types as kinds

    if kinds.is_floating(type_):
        return Float
    if kinds.is_struct(type_):
        fields = [(field.name, _nullable(_conversion(field.type))) for field in type_]
        return lambda value: tuple((name, convert(value[name])) for name, convert in fields)
    if kinds.is_map(type_):
        of_key, of_item = (_nullable(_conversion(t)) for t in (type_.key_type, type_.item_type))
        # Keys of any type have a text, and equal keys have the same text.
        return lambda value: tuple(
            sorted(((of_key(k), of_item(v)) for k, v in value), key=lambda item: repr(item[0]))
        )
    if kinds.is_list(type_) or kinds.is_large_list(type_):
        of_element = _nullable(_conversion(type_.value_type))
        return lambda value: tuple(map(of_element, value))
    return None


def _nullable(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if convert is None:
        return lambda value: value
    return lambda value: None if value is None else convert(value)


def shown(value: Any) -> str:
    """Return a value of a row as text."""
    if isinstance(value, Float):
        return repr(value.value)
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    return str(value)
