"""The landing location of an environment, where files from outside arrive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from alur.errors import SourceError
from alur.pipelines.sources import FileSource

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""Suffixes that programs append to a file's name until a copy or download is complete."""


@dataclass(frozen=True, slots=True)
class FileState:
    """The state of a file, to detect a change of its content.

    Attributes:
        size: bytes.
        modified: the time of the last change (UTC).
        identity: changes with the content or with the file behind the name: an inode and a time, or an ETag.
    """

    size: int
    modified: datetime
    identity: str


class FileChanged(Exception):
    """A file has changed since it was found."""


class LandingFile(Protocol):
    """A file below the landing location."""

    @property
    def name(self) -> str:
        """The path relative to the landing location, with forward slashes, as in ``_source_file``."""

    @property
    def shown(self) -> str:
        """The location, for messages."""

    @property
    def state(self) -> FileState:
        """The state when the file was found."""

    def open(self) -> BinaryIO:
        """Open the content from its beginning; the caller closes it.

        Raises:
            FileChanged: the file was replaced after it was found.
            SourceError: the file cannot be read.
        """

    def has_changed(self) -> bool:
        """Return whether the file has changed since it was found."""


class Landing(Protocol):
    """A landing location, searched by pattern."""

    @property
    def readers(self) -> int:
        """The best number of files to open at once."""

    def files(self, source: FileSource) -> list[LandingFile]:
        """Return the files matched by a source's pattern, by name; see :func:`never_counts`.

        Raises:
            SourceError: the location does not exist, or no file matches.
        """


def never_counts(parts: Iterable[str]) -> bool:
    """Return whether a path belongs to a tool or to an unfinished file.

    >>> [never_counts(name.split("/")) for name in ("a/.b.csv", "_logs/a.csv", "a.csv.part", "a.csv")]
    [True, True, True, False]
    """
    return any(part.startswith((".", "_")) or part.endswith(_UNFINISHED) for part in parts)


def no_file_matches(source: FileSource, place: str, remedy: str) -> SourceError:
    """Return the error for a pattern without files."""
    return SourceError(f"no file matches {source.pattern!r} in {place!r}", remedy=remedy)
