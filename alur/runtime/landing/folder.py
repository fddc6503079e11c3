"""The landing location of this machine: a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.location import (
    FileChanged,
    FileState,
    LandingFile,
    never_counts,
    no_file_matches,
)


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in a folder of this machine."""

    name: str
    path: Path
    state: FileState

    @property
    def shown(self) -> str:
        """The file's path."""
        return str(self.path)

    def open(self) -> BinaryIO:
        """Open the file's content."""
        try:
            opened = self.path.open("rb")
        except FileNotFoundError:
            raise FileChanged from None
        except OSError as error:
            raise SourceError(
                f"{self.name} cannot be read: {error.strerror}",
                remedy=f"make {self.path} readable, or remove it",
            ) from None
        if _state(os.fstat(opened.fileno())) != self.state:
            opened.close()
            raise FileChanged
        return opened

    def has_changed(self) -> bool:
        """Return whether the path now leads to another file, or the file was written to."""
        try:
            return _state(self.path.stat()) != self.state
        except OSError:
            return True


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
        """Return the files matched by a source's pattern, by name."""
        if not self.folder.is_dir():
            raise SourceError(
                f"no landing folder {self.title!r}",
                remedy=f"create {self.folder}, or correct landing in alur.toml",
            )
        files: list[LandingFile] = []
        # Of thousands of files, most have been taken before: paths as text cost a run a third of their time.
        prefix = os.path.join(self.folder, "")
        for path in self.folder.glob(source.pattern):
            name = str(path).removeprefix(prefix)
            if not never_counts(name.split("/")) and (status := _regular(path)):
                files.append(FolderFile(name, path, _state(status)))
        if not files:
            raise no_file_matches(
                source,
                self.title,
                f"put files there, or correct the pattern; the folder is {self.folder}",
            )
        return sorted(files, key=lambda file: file.name)


def _regular(path: Path) -> os.stat_result | None:
    """Return the status of a file; None if the path leads to something else, or nowhere."""
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (ENOENT, ENOTDIR, ELOOP):
            return None
        raise
    return status if S_ISREG(status.st_mode) else None


def _state(status: os.stat_result) -> FileState:
    modified = datetime.fromtimestamp(status.st_mtime, timezone.utc)
    return FileState(
        status.st_size, modified, f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}"
    )
