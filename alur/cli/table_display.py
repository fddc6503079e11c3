"""Shows rows as a table; if the lines are too short for it, as one line per value."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from alur.text import counted, in_one_line

_GAP = "  "


def line_width() -> int | None:
    """Return the width of the terminal; None if standard output is not one, and lines are unlimited."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def lines_of(
    names: Sequence[str],
    at_right: Sequence[bool],
    rows: Sequence[Sequence[str]],
    width: int | None,
) -> Iterator[str]:
    r"""Yield the lines that show some rows; control characters in values are escaped.

    Args:
        names: the columns' names.
        at_right: for each column, whether its values are right-aligned, as numbers are.
        rows: the values, as text.
        width: the maximum length of a line, in columns of the terminal; None for no limit.

    >>> for line in lines_of(["id", "note"], [True, False], [["7", "new"], ["12", "a\nb"]], None):
    ...     print(line)
    id  note
    ──  ────
     7  new
    12  a\nb
    >>> for line in lines_of(["id", "note"], [True, False], [["7", "a longer one"]], 14):
    ...     print(line)
    ── 1 ─────────
    id    7
    note  a longer one
    """
    cells = [[in_one_line(value) for value in row] for row in rows]
    columns = zip(names, *cells, strict=True)
    widths = [max(cell_len(text) for text in column) for column in columns]
    if width is None or sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        return _table(names, at_right, cells, widths)
    return _one_below_another(names, cells, width)


def _table(
    names: Sequence[str], at_right: Sequence[bool], rows: list[list[str]], widths: list[int]
) -> Iterator[str]:
    rule = ["─" * size for size in widths]
    for texts in (names, rule, *rows):
        placed = [
            " " * (size - cell_len(text)) + text if right else set_cell_size(text, size)
            for text, size, right in zip(texts, widths, at_right, strict=True)
        ]
        yield _GAP.join(placed).rstrip()


def _one_below_another(names: Sequence[str], rows: list[list[str]], width: int) -> Iterator[str]:
    size = max(map(len, names))
    for number, row in enumerate(rows, 1):
        yield f"── {number} ".ljust(width, "─")
        for name, text in zip(names, row, strict=True):
            yield f"{name:{size}}{_GAP}{text}".rstrip()


def summary(table: str, shown: int, total: int) -> str:
    """Return how much of a table is shown.

    >>> summary("gold.daily_sales", 1, 1)
    'gold.daily_sales: 1 of 1 row'
    """
    return f"{table}: {shown:,} of {counted(total, 'row')}"
