"""Errors for values unfit for their column."""

from __future__ import annotations

from alur.contracts.columns import Column
from alur.errors import Location, SourceError
from alur.runtime.landing.location import LandingFile

_SHOWN = 200
"""The maximum of a value's characters in a message."""


class BadValue(Exception):
    """A value outside the declared type.

    Attributes:
        index: its row.
        shown: the value as text.
        column: the column, if known.
    """

    def __init__(self, index: int, shown: object, column: Column | None = None) -> None:
        super().__init__(shown)
        self.index = index
        self.column = column
        self.shown = str(shown)


def bad_value(file: LandingFile, column: Column, shown: str, where: Location) -> SourceError:
    """Return the error for a bad value."""
    value = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return SourceError(
        f"{file.name}: {column.name} {value!r} is not a valid {column.type}",
        where=where,
        remedy=f"correct the file, or read {column.name} as str and convert it in the pipeline",
    )
