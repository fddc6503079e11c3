"""Stages some landing files: in this process, or as one worker's share."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.formats import READERS
from alur.runtime.landing.location import FileChanged, FileState, LandingFile
from alur.runtime.landing.staged_folder import StagedFolder
from alur.runtime.landing.staged_rows import StagedRows

_SMALL = 1 << 22
"""The maximum size in bytes of files to fetch in advance, several at once."""

_PROGRESS = 1_000
"""The number of files between two reports."""


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """Rows of landing files in a folder.

    Attributes:
        address: the folder's address for the engine.
        rows: the number of rows, by the landing file's name.
        changed: the names of files written to or replaced meanwhile; some of their rows may be in the folder.
        remarks: texts on files, and the files' names.
    """

    address: str
    rows: Mapping[str, int]
    changed: frozenset[str]
    remarks: Sequence[tuple[str, str]]


def stage_files(
    source: FileSource,
    files: Sequence[LandingFile],
    folder: StagedFolder,
    readers: int,
    progress: Callable[[int], None],
) -> StagedFiles:
    """Read files, and write their rows into a folder.

    Args:
        readers: how many small files to fetch at once.
        progress: receives the number of files read so far.

    Raises:
        SourceError: a file cannot be read as the source declares; names the file and the line.
    """
    reader = READERS[source.format](source)
    remarks: list[tuple[str, str]] = []
    changed: set[str] = set()
    with StagedRows(source.columns, reader, folder) as staged:
        for number, file in enumerate(_fetched(files, readers), start=1):
            if not _stage(file, staged, remarks):
                changed.add(file.name)
            if number % _PROGRESS == 0:
                progress(number)
    return StagedFiles(
        folder.address, dict(staged.rows), frozenset(changed | staged.changed), remarks
    )


def _stage(file: LandingFile, staged: StagedRows, remarks: list[tuple[str, str]]) -> bool:
    """Stage a file's rows; return whether the file stayed unchanged while it was read."""
    try:
        staged.add(file, lambda text: remarks.append((text, file.name)))
    except FileChanged:
        return False
    except SourceError:
        # A half-written file may look like anything.
        if not file.has_changed():
            raise
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A file whose content is being fetched."""

    file: LandingFile
    content: Future[bytes]

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def shown(self) -> str:
        return self.file.shown

    @property
    def state(self) -> FileState:
        return self.file.state

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content.result())

    def has_changed(self) -> bool:
        return self.file.has_changed()


def _fetched(files: Sequence[LandingFile], at_once: int) -> Iterator[LandingFile]:
    """Yield files in order, and fetch the content of following small ones meanwhile."""
    if at_once == 1:
        yield from files
        return
    waiting: deque[LandingFile] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for file in files:
                small = file.state.size <= _SMALL
                waiting.append(_Fetched(file, pool.submit(_content, file)) if small else file)
                if len(waiting) > 2 * at_once:
                    yield waiting.popleft()
            yield from waiting
        finally:
            pool.shutdown(cancel_futures=True)


def _content(file: LandingFile) -> bytes:
    with file.open() as opened:
        return opened.read()
