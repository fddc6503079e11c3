"""Chooses the landing files of a run, and checks them for changes until it commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from alur.errors import SourceError
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import FileSource
from alur.runtime.landing.intake import FilesRead, Intake, named
from alur.runtime.landing.location import Landing, LandingFile
from alur.runtime.results import Notice, Observer, Progress
from alur.runtime.tables.warehouse import TableWriter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class Taking:
    """The landing files of one run.

    Attributes:
        read: the latest read, by source parameter.
    """

    pipeline: Pipeline
    landing: Landing
    writer: TableWriter
    observe: Observer
    read: dict[str, FilesRead] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _looked_up: set[str] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)

    def read_all(self, session: SparkSession) -> dict[str, FilesRead]:
        """Read the files of every source, without those already in the target.

        Raises:
            SourceError: a file cannot be read as its source declares.
        """
        self.read = {
            parameter: self._read(session, source)
            for parameter, source in self.pipeline.file_sources.items()
        }
        return self.read

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the read files, by source parameter."""
        return {p: tuple(file.name for file in read.files) for p, read in self.read.items()}

    def all_names(self) -> set[str]:
        """Return the names of all read files."""
        return {file.name for read in self.read.values() for file in read.files}

    def have_changed(self) -> bool:
        """Leave changed files for the next run; return whether there are any.

        Raises:
            SourceError: the run replaces the whole table, so no file can be left out.
        """
        changed = [f for read in self.read.values() for f in read.files if f.has_changed()]
        self._leave(changed)
        return bool(changed)

    def _read(self, session: SparkSession, source: FileSource) -> FilesRead:
        candidates = [f for f in self.landing.files(source) if f.name not in self._left]
        files = self._not_taken(candidates)
        intake = Intake(
            source,
            self.writer.staged_folder(),
            self.landing.readers,
            self._notice,
            lambda done: self.observe(Progress(self.pipeline.name, done, len(files))),
        )
        read = intake.read(session, files)
        self._leave(read.changed)
        return read

    def _not_taken(self, files: Sequence[LandingFile]) -> list[LandingFile]:
        if not self.pipeline.takes_each_file_once:
            return list(files)
        new = [file for file in files if file.name not in self._looked_up]
        if new:
            names = {file.name for file in new}
            taken = self.writer.taken_files(names)
            self._looked_up |= names
            self._taken |= taken.keys()
            self._note_replaced(new, taken)
        return [file for file in files if file.name not in self._taken]

    def _note_replaced(self, files: Sequence[LandingFile], taken: Mapping[str, datetime]) -> None:
        """Report files that have changed since their rows were taken: only a new name makes a new file."""
        replaced = [
            file.name
            for file in files
            if file.name in taken and file.state.modified > taken[file.name]
        ]
        if replaced:
            self._notice(
                f"{named(replaced)}: changed since the rows were taken, and not taken again; "
                "deliver a correction under a new name"
                + (
                    " that sorts after the old one"
                    if self.pipeline.write_mode.replaces_keys
                    else ""
                )
            )

    def _leave(self, changed: Sequence[LandingFile]) -> None:
        if not changed:
            return
        names = [file.name for file in changed]
        if not self.pipeline.takes_each_file_once:
            raise SourceError(
                f"{named(names)}: changed while the run read it",
                remedy="run the pipeline again once the file is complete",
            )
        self._left.update(names)
        self._notice(f"{named(names)}: still being written, so left for the next run")

    def _notice(self, text: str) -> None:
        self.observe(Notice(self.pipeline.name, text))
