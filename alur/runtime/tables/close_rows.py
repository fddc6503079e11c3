"""Rows that are equal within a tolerance for floating-point numbers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]
"""A row's values in a hashable form."""


@dataclass(frozen=True, slots=True)
class Float:
    """A floating-point number, equal as Spark's are: NaN is NaN, and 0.0 is -0.0."""

    value: float

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Float):
            return NotImplemented
        return self.value == other.value or (math.isnan(self.value) and math.isnan(other.value))

    def __hash__(self) -> int:
        return 0 if math.isnan(self.value) else hash(self.value)

    def is_close(self, other: Float, tolerance: float) -> bool:
        """Return whether two numbers are equal within a relative tolerance."""
        return self == other or math.isclose(self.value, other.value, rel_tol=tolerance)


def without_close(
    here: Iterable[Row], there: Iterable[Row], tolerance: float
) -> tuple[list[Row], list[Row]]:
    """Return the rows without a partner within the tolerance for floats.

    Each row takes the first partner that is left. The time grows as n log n with the rows, unless many rows are equal in
    their other values and close in their most various float, but not in another float.

    Args:
        here, there: rows; none of one side is equal to one of the other.
        tolerance: the relative tolerance, below a half.
    """
    here, there = list(here), list(there)
    if not tolerance:
        return here, there
    partners: dict[Row, list[Row]] = {}
    for row in there:
        partners.setdefault(without_floats(row), []).append(row)
    candidates = {form: _Candidates(rows, tolerance) for form, rows in partners.items()}
    left = []
    for row in here:
        own = candidates.get(without_floats(row))
        if own is None or not own.take(row):
            left.append(row)
    return left, [row for own in candidates.values() for row in own.rest()]


class _Candidates:
    """Rows that are equal in all but their floats, in the order of the float with the most values."""

    def __init__(self, rows: list[Row], tolerance: float) -> None:
        self._rows, self._tolerance = rows, tolerance
        floats = [[_place(number) for number in _floats(row)] for row in rows]
        # The float by which the fewest rows are near each other.
        self._at = max(range(len(floats[0])), key=lambda n: len({f[n] for f in floats}), default=0)
        self._order = sorted(range(len(rows)), key=lambda n: floats[n][self._at : self._at + 1])
        self._values = [value for n in self._order for value in floats[n][self._at : self._at + 1]]
        # For each position in the order, itself, or a later one if its row is taken.
        self._next = list(range(len(rows) + 1))

    def take(self, row: Row) -> bool:
        """Take the first row that is close to another one; return whether there is one."""
        near = ((self._order[position], position) for position in self._near(row))
        close = (pair for pair in near if _close(row, self._rows[pair[0]], self._tolerance))
        first = min(close, default=None)
        if first is None:
            return False
        self._next[first[1]] = first[1] + 1
        return True

    def rest(self) -> list[Row]:
        """Return the rows that were not taken, as they came."""
        left = sorted(
            n for position, n in enumerate(self._order) if self._next[position] == position
        )
        return [self._rows[n] for n in left]

    def _near(self, row: Row) -> Iterator[int]:
        """Yield the positions of rows left that may be close to a row."""
        value = [*map(_place, _floats(row))][self._at]
        # Twice the tolerance, so that no rounding leaves out a neighbour.
        reach = 2 * self._tolerance * abs(value) if math.isfinite(value) else 0.0
        position = self._left(bisect_left(self._values, value - reach))
        end = bisect_right(self._values, value + reach)
        while position < end:
            yield position
            position = self._left(position + 1)

    def _left(self, position: int) -> int:
        """Return the first position from a given one on whose row is left."""
        found = position
        while self._next[found] != found:
            found = self._next[found]
        while self._next[position] != found:
            # So that the next search finds it at once.
            self._next[position], position = found, self._next[position]
        return found


def _place(number: Float) -> float:
    """Return a number's place among numbers; NaN is close to NaN alone, and stands at the end."""
    return math.inf if math.isnan(number.value) else number.value


def without_floats(value: Any) -> Any:
    """Return a value without its floats."""
    if isinstance(value, tuple):
        return tuple(map(without_floats, value))
    return "float" if isinstance(value, Float) else value


def close_values(one: Any, other: Any, tolerance: float) -> bool:
    """Return whether two values are equal within a tolerance for the floats in them."""
    return bool(without_floats(one) == without_floats(other)) and _close(
        (one,), (other,), tolerance
    )


def _floats(value: Any) -> Iterator[Float]:
    if isinstance(value, tuple):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, Float):
        yield value


def _close(row: Row, other: Row, tolerance: float) -> bool:
    pairs = zip(_floats(row), _floats(other), strict=True)
    return all(a.is_close(b, tolerance) for a, b in pairs)
