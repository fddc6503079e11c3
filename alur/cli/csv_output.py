"""Writes rows as CSV that readers parse back exactly."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

import click

from alur.text import visible

# Python's writer leaves a carriage return unquoted if lines end in \n alone; readers then split the value.
_QUOTED = re.compile(r'[",\r\n]')


def print_csv(rows: Iterable[Sequence[str]]) -> None:
    """Print rows as CSV in UTF-8; escape control characters only if standard output is a terminal."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    shown = visible if sys.stdout.isatty() else str
    for row in rows:
        click.echo(shown(line_of(row)), color=True)


def line_of(row: Sequence[str]) -> str:
    r"""Return a row as a line of CSV, without the line ending.

    >>> print(line_of(["a, b", "the 'c'", "", "d"]))
    "a, b",the 'c',,d
    """
    if len(row) == 1 and not row[0]:
        # Readers skip an empty line.
        return '""'
    return ",".join(_field(text) for text in row)


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
