"""The landing location of an environment: where files of the outside world arrive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alur.errors import SourceError
from alur.pipelines.sources import FileSource


@dataclass(frozen=True, slots=True)
class LandingFile:
    """A file below the landing location.

    Attributes:
        name: its path relative to the landing location, with forward slashes; what ``_source_file`` holds.
    """

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Landing:
    """The landing folder of this machine.

    Attributes:
        folder: an absolute path.
        shown: the folder as alur.toml names it, for messages.
    """

    folder: Path
    shown: str

    def files(self, source: FileSource) -> list[LandingFile]:
        """The files that a source's pattern matches, by name. Hidden files do not count.

        Raises:
            SourceError: there is no landing folder, or no file matches.
        """
        if not self.folder.is_dir():
            raise SourceError(
                f"no landing folder {self.shown!r}",
                remedy=f"create {self.folder}, or correct landing in alur.toml",
            )
        matching = (path.relative_to(self.folder) for path in self.folder.glob(source.pattern))
        found = [
            LandingFile(name.as_posix(), self.folder / name)
            for name in matching
            if (self.folder / name).is_file() and not _hidden(name)
        ]
        if not found:
            raise SourceError(
                f"no file matches {source.pattern!r} in {self.shown!r}",
                remedy=f"put files there, or correct the pattern; the folder is {self.folder}",
            )
        return sorted(found, key=lambda file: file.name)


def _hidden(name: Path) -> bool:
    """Whether a file, or a folder it is in, is some tool's own: ``.part``, ``_SUCCESS``, ``.ipynb_checkpoints``."""
    return any(part.startswith((".", "_")) for part in name.parts)
