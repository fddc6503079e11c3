"""Reads each landing file once, with the same parser for every engine, and stages it as typed Parquet."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import SOURCE_FILE
from alur.pipelines.sources import FileSource
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.landing.location import LandingFile
from alur.runtime.landing.staged_files import StagedFiles, stage_files
from alur.runtime.landing.staged_folder import StagedFolder, WorkersFolder
from alur.runtime.landing.worker_shares import stage_on_workers
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_MANY_BYTES = 1 << 25
"""From so many bytes on workers read the files; for fewer, their start would take longer."""


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
        readers: how many small files a process fetches at once.
        notice: receives remarks on the files.
        progress: receives the number of files read so far.
    """

    source: FileSource
    folder: StagedFolder
    readers: int
    notice: Callable[[str], None]
    progress: Callable[[int], None]

    def read(self, session: SparkSession, files: Sequence[LandingFile]) -> FilesRead:
        """Read files into a frame.

        Raises:
            SourceError: a file cannot be read as the source declares; names the file and the line.
        """
        staged = self._staged(session, files)
        changed_names = {name for part in staged for name in part.changed}
        changed = [file for file in files if file.name in changed_names or file.has_changed()]
        kept = tuple(file for file in files if file not in changed)
        self._report(staged, {file.name for file in kept})
        counts = {name: count for part in staged for name, count in part.rows.items()}
        rows = sum(counts.get(file.name, 0) for file in kept)
        frame = self._frame(session, [part.address for part in staged if part.rows], changed)
        return FilesRead(frame, rows, kept, tuple(changed))

    def _staged(self, session: SparkSession, files: Sequence[LandingFile]) -> list[StagedFiles]:
        from pyspark.sql import SparkSession as ClassicSession

        has_many_bytes = sum(file.state.size for file in files) >= _MANY_BYTES
        if (
            isinstance(session, ClassicSession)
            and isinstance(self.folder, WorkersFolder)
            and has_many_bytes
        ):
            context = session.sparkContext
            return stage_on_workers(context, self.source, files, self.folder, self.readers)
        return [stage_files(self.source, files, self.folder, self.readers, self.progress)]

    def _report(self, staged: Sequence[StagedFiles], kept: Set[str]) -> None:
        remarks: dict[str, list[str]] = {}
        for text, name in sorted(remark for part in staged for remark in part.remarks):
            if name in kept:
                remarks.setdefault(text, []).append(name)
        for text, names in remarks.items():
            self.notice(f"{named(names)}: {text}")

    def _frame(
        self, session: SparkSession, folders: Sequence[str], changed: Sequence[LandingFile]
    ) -> DataFrame:
        schema = spark_schema(self.source.columns).add(SOURCE_FILE, T.StringType())
        if not folders:
            return session.createDataFrame([], schema)
        frame = session.read.schema(schema).parquet(*folders)
        names = [file.name for file in changed]
        return frame.filter(~F.col(SOURCE_FILE).isin(*names)) if names else frame


def named(names: Sequence[str]) -> str:
    """Return some files in a few words.

    >>> named(["a.csv"]), named(["a.csv", "b.csv"]), named(["a.csv", "b.csv", "c.csv"])
    ('a.csv', 'a.csv and 1 more file', 'a.csv and 2 more files')
    """
    more = len(names) - 1
    return f"{names[0]} and {counted(more, 'more file')}" if more else names[0]
