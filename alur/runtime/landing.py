"""The landing location of an environment: where files of the outside world arrive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.engine_paths import engine_path


class LandingFile(Protocol):
    """A file below the landing location."""

    @property
    def name(self) -> str:
        """Its path relative to the landing location, with forward slashes; what ``_source_file`` holds."""

    @property
    def shown(self) -> str:
        """Where it is, for messages."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def open(self) -> BinaryIO:
        """Its content, from the beginning; to be closed by the caller."""

    def engine_path(self) -> str:
        """Where the engine reads it, in a form that no engine takes for a pattern."""


class Landing(Protocol):
    """Files that can be found by pattern."""

    @property
    def readers(self) -> int:
        """How many files are best looked into at once."""

    def files(self, source: FileSource) -> list[LandingFile]:
        """The files that a source's pattern matches, by name. Hidden files do not count.

        Raises:
            SourceError: there is no such location, or no file matches.
        """


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in a folder of this machine."""

    name: str
    path: Path

    @property
    def shown(self) -> str:
        """The file's path."""
        return str(self.path)

    @property
    def size(self) -> int:
        """The file's bytes."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """The file's content."""
        return self.path.open("rb")

    def engine_path(self) -> str:
        """The path, or a link to it with a plain name."""
        return engine_path(self.path)


@dataclass(frozen=True, slots=True)
class FolderLanding:
    """The landing folder of this machine.

    Attributes:
        folder: an absolute path.
        title: the folder as alur.toml names it, for messages.
    """

    folder: Path
    title: str
    readers: int = 1

    def files(self, source: FileSource) -> list[LandingFile]:
        """The files that a source's pattern matches, by name."""
        if not self.folder.is_dir():
            raise SourceError(
                f"no landing folder {self.title!r}",
                remedy=f"create {self.folder}, or correct landing in alur.toml",
            )
        matching = (path.relative_to(self.folder) for path in self.folder.glob(source.pattern))
        found: list[LandingFile] = [
            FolderFile(name.as_posix(), self.folder / name)
            for name in matching
            if (self.folder / name).is_file() and not is_hidden(name.parts)
        ]
        if not found:
            raise SourceError(
                f"no file matches {source.pattern!r} in {self.title!r}",
                remedy=f"put files there, or correct the pattern; the folder is {self.folder}",
            )
        return sorted(found, key=lambda file: file.name)


def is_hidden(parts: Iterable[str]) -> bool:
    """Whether a file, or a folder it is in, is some tool's own: ``.part``, ``_SUCCESS``, ``.ipynb_checkpoints``."""
    return any(part.startswith((".", "_")) for part in parts)
