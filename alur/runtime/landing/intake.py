"""Reads each landing file once, with the same parser for every engine, and stages it as typed Parquet."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import SOURCE_FILE
from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.landing.formats import READERS
from alur.runtime.landing.location import FileChanged, FileState, LandingFile
from alur.runtime.landing.staged_rows import StagedRows
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from alur.runtime.landing.staged_folder import StagedFolder

_SMALL = 1 << 22
"""The maximum size in bytes of files to fetch in advance, several at once."""

_PROGRESS = 1_000
"""The number of files between two reports."""


@dataclass(frozen=True, slots=True)
class FilesRead:
    """Landing files as rows.

    Attributes:
        frame: the source's columns, and ``_source_file``.
        rows: the number of rows.
        files: the files read; some may have no rows.
        changed: the files written to or replaced meanwhile; the frame has none of their rows.
    """

    frame: DataFrame
    rows: int
    files: tuple[LandingFile, ...]
    changed: tuple[LandingFile, ...] = ()


@dataclass
class Intake:
    """One read of some files of a source.

    Attributes:
        folder: where to stage the rows.
        readers: how many small files to fetch at once.
        notice: receives remarks on the files.
        progress: receives the number of files read so far.
    """

    source: FileSource
    folder: StagedFolder
    readers: int
    notice: Callable[[str], None]
    progress: Callable[[int], None]
    _remarks: dict[str, list[str]] = field(default_factory=dict)

    def read(self, session: SparkSession, files: Sequence[LandingFile]) -> FilesRead:
        """Read files into a frame.

        Raises:
            SourceError: a file cannot be read as the source declares; names the file and the line.
        """
        reader = READERS[self.source.format](self.source)
        changed: dict[str, LandingFile] = {}
        with StagedRows(self.source.columns, reader, self.folder) as staged:
            for number, file in enumerate(_fetched(files, self.readers), start=1):
                if not self._stage(file, staged):
                    changed[file.name] = file
                if number % _PROGRESS == 0:
                    self.progress(number)
        changed |= staged.changed | {file.name: file for file in files if file.has_changed()}
        self._report(changed)
        kept = tuple(file for file in files if file.name not in changed)
        rows = sum(staged.rows.get(file.name, 0) for file in kept)
        frame = self._frame(session, bool(staged.rows), changed)
        return FilesRead(frame, rows, kept, tuple(changed.values()))

    def _stage(self, file: LandingFile, staged: StagedRows) -> bool:
        """Stage a file's rows; return whether the file stayed unchanged while it was read."""
        try:
            staged.add(file, lambda text: self._remarks.setdefault(text, []).append(file.name))
        except FileChanged:
            return False
        except SourceError:
            # A half-written file may look like anything.
            if not file.has_changed():
                raise
            return False
        return True

    def _report(self, changed: Iterable[str]) -> None:
        left = set(changed)
        for text, names in self._remarks.items():
            kept = [name for name in names if name not in left]
            if kept:
                self.notice(f"{named(kept)}: {text}")

    def _frame(
        self, session: SparkSession, has_rows: bool, changed: dict[str, LandingFile]
    ) -> DataFrame:
        schema = spark_schema(self.source.columns).add(SOURCE_FILE, T.StringType())
        if not has_rows:
            return session.createDataFrame([], schema)
        frame = session.read.schema(schema).parquet(self.folder.address)
        return frame.filter(~F.col(SOURCE_FILE).isin(*changed)) if changed else frame


def named(names: Sequence[str]) -> str:
    """Return some files in a few words.

    >>> named(["a.csv"]), named(["a.csv", "b.csv"]), named(["a.csv", "b.csv", "c.csv"])
    ('a.csv', 'a.csv and 1 more file', 'a.csv and 2 more files')
    """
    more = len(names) - 1
    return f"{names[0]} and {counted(more, 'more file')}" if more else names[0]


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
