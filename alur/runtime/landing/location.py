"""The landing location of an environment: where files of the outside world arrive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from alur.errors import SourceError
from alur.pipelines.sources import FileSource

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""What programs that copy or download append to a file's name until it is complete."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What distinguishes one content of a file from another.

    Attributes:
        size: bytes.
        modified: when the content was last changed (UTC).
        identity: changes with the content, or with the file that has the name: an inode and a time, or an ETag.
    """

    size: int
    modified: datetime
    identity: str


class FileChanged(Exception):
    """A file is not what it was when it was found."""


class LandingFile(Protocol):
    """A file below the landing location."""

    @property
    def name(self) -> str:
        """Its path relative to the landing location, with forward slashes; what ``_source_file`` holds."""

    @property
    def shown(self) -> str:
        """Where it is, for messages."""

    @property
    def state(self) -> FileState:
        """Its state when it was found."""

    def open(self) -> BinaryIO:
        """Open its content, from the beginning; to be closed by the caller.

        Raises:
            FileChanged: it has been replaced since it was found.
            SourceError: it cannot be read.
        """

    def has_changed(self) -> bool:
        """Return whether it is not what it was when it was found."""


class Landing(Protocol):
    """Files that can be found by pattern."""

    @property
    def readers(self) -> int:
        """How many files are best opened at once."""

    def files(self, source: FileSource) -> list[LandingFile]:
        """Return the files that a source's pattern matches, by name; see :func:`never_counts`.

        Raises:
            SourceError: there is no such location, or no file matches.
        """


def never_counts(parts: Iterable[str]) -> bool:
    """Return whether a path belongs to a tool, or to a file that is still being written.

    >>> [never_counts(name.split("/")) for name in ("a/.b.csv", "_logs/a.csv", "a.csv.part", "a.csv")]
    [True, True, True, False]
    """
    return any(part.startswith((".", "_")) or part.endswith(_UNFINISHED) for part in parts)


def no_file_matches(source: FileSource, place: str, remedy: str) -> SourceError:
    """Return the error for a pattern without files."""
    return SourceError(f"no file matches {source.pattern!r} in {place!r}", remedy=remedy)
