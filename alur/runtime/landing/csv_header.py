"""Compares the header of a CSV file with its source's columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alur.errors import Location, SourceError
from alur.pipelines.sources import FileSource
from alur.project.suggestions import did_you_mean
from alur.runtime.landing.location import LandingFile


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns.

    Attributes:
        names: all names, in order.
        present: the names of declared columns.
    """

    names: list[str]
    present: list[str]


def read_header(
    names: list[str],
    file: LandingFile,
    source: FileSource,
    line: int,
    notice: Callable[[str], None],
) -> Header:
    """Return the header; check it against the source.

    Raises:
        SourceError: a column appears twice, a required one is missing, or one is unknown and the source is strict.
    """
    where = Location(file.shown, line)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SourceError(
            f"{file.name}: column {twice!r} appears twice in the header",
            where=where,
            remedy="rename or remove one of them in the file",
        )
    check_columns(names, file, source, where, notice, " in the header")
    return Header(names, [column.name for column in source.columns if column.name in names])


def check_columns(
    names: list[str],
    file: LandingFile,
    source: FileSource,
    where: Location,
    notice: Callable[[str], None],
    place: str = "",
) -> None:
    """Check the columns of a file in any format; report ignored columns, and missing ones, which become null.

    Raises:
        SourceError: a required column is missing, or one is unknown and the source is strict.
    """
    declared = [column.name for column in source.columns]
    ignored = [name for name in names if name not in declared]
    missing = [column for column in source.columns if column.name not in names]
    required = [column.name for column in missing if not column.nullable]
    if required:
        raise SourceError(
            f"{file.name}: no column {', '.join(map(repr, required))}{place}",
            where=where,
            remedy=_remedy(required[0], ignored or names),
        )
    if ignored and source.strict:
        raise SourceError(
            f"{file.name}: column {ignored[0]!r} is not in the schema, and the source is strict",
            where=where,
            remedy="add it to the schema, or drop strict=True",
        )
    if missing:
        shown = ", ".join(column.name for column in missing)
        notice(f"missing columns, read as null: {shown}")
    if ignored:
        notice(f"ignored columns: {', '.join(ignored)}")


def _remedy(missing: str, names: list[str]) -> str:
    if any(name.strip() == missing for name in names):
        return (
            "blanks around the name in the file: remove them, or read it with "
            'options={"ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}'
        )
    return did_you_mean(missing, names, "columns of the file")
