"""Describes the differences between rows, in lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alur.runtime.tables.row_differences import RowDifferences, shown
from alur.text import in_one_line

_WIDTH = 76
"""The width of a line: less than a terminal's, for an indentation."""
_LONGEST = 60
"""The number of characters of a value to show."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The words for the two sides.

    Attributes:
        only_first, only_second: for a row of only one side.
        first, second: before a value of a changed row.
    """

    only_first: str
    only_second: str
    first: str
    second: str


def difference_lines(differences: RowDifferences, labels: Labels, limit: int) -> Iterator[str]:
    """Yield lines that show the first differences of each kind, at most 76 columns wide where values are short.

    Args:
        limit: the maximum number of rows of each kind.
    """
    size = max(map(len, ("changed", labels.only_first, labels.only_second)))
    for pair in differences.changed[:limit]:
        yield from _filled(f"{'changed':{size}}  ", _parts(differences.key_of(pair[0])))
        for name, one, other in differences.changes(*pair):
            parts = [f"{name}: {labels.first} {_value(one)}", f"{labels.second} {_value(other)}"]
            yield from _filled(" " * (size + 4), parts)
    for label, rows in (
        (labels.only_first, differences.only_first),
        (labels.only_second, differences.only_second),
    ):
        for row in rows[:limit]:
            named = zip(differences.names, row, strict=True)
            yield from _filled(f"{label:{size}}  ", _parts(named))


def changed_columns(counts: Mapping[str, int]) -> str:
    """Return the columns that differ in changed rows, each with the number of these rows; empty if there are none.

    >>> changed_columns({"amount": 2, "note": 1})
    'amount (2), note (1)'
    """
    return ", ".join(f"{name} ({count:,})" for name, count in counts.items())


def _parts(values: Iterable[tuple[str, Any]]) -> list[str]:
    return [f"{name}={_value(value)}" for name, value in values]


def _value(value: Any) -> str:
    if value is None:
        return "null"
    text = in_one_line(repr(value) if isinstance(value, str) else shown(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _filled(begin: str, parts: Sequence[str]) -> Iterator[str]:
    """Yield lines with as many parts as fit, and never a broken one."""
    line = begin
    for number, part in enumerate(parts, 1):
        piece = part if number == len(parts) else f"{part},"
        if line.strip() and line != begin and len(line) + 1 + len(piece) > _WIDTH:
            yield line
            line = " " * len(begin)
        line += piece if line in (begin, " " * len(begin)) else f" {piece}"
    yield line
