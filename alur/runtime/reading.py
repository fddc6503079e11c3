"""Reads the tables of a run: all rows, or what has changed since the last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import CHANGE
from alur.errors import SourceError
from alur.pipelines.sources import TableSource
from alur.runtime.tables.increments import (
    ADDED,
    REMOVED,
    NewCommits,
    Unknown,
    commits_since,
    net_changes,
)
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from alur.pipelines.pipeline import Pipeline
    from alur.runtime.tables.provenance import Provenance
    from alur.runtime.tables.warehouse import TableWriter, Warehouse


@dataclass
class Reading:
    """The tables that one run reads.

    Attributes:
        rebuilds: whether the run makes the target anew, from all rows.
        rows: the numbers of rows read, by parameter.
        snapshots: the snapshots read, by ``layer.table``.
        meanings: what the runs meant that wrote them, where it is known.
    """

    pipeline: Pipeline
    warehouse: Warehouse
    session: SparkSession
    writer: TableWriter
    rebuilds: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    snapshots: dict[str, int] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)

    def frames(self) -> dict[str, DataFrame]:
        """Read every table, and return the frames by the function's parameters.

        Raises:
            SourceError: a table has never been written or lacks a required column, or rows were removed that the pipeline
                does not expect.
        """
        return {
            parameter: self._frame(parameter, source)
            for parameter, source in self.pipeline.sources.items()
            if isinstance(source, TableSource)
        }

    @property
    def replaces_target(self) -> bool:
        """Whether the run reads all rows, and its own replace those of the target: appended, they would be there twice."""
        return self.rebuilds or (bool(self.lost_track) and self.pipeline.mode == "append")

    @property
    def has_news(self) -> bool:
        """Whether a source may have rows that the last run has not read.

        Raises:
            SourceError: as :attr:`lost_track`.
        """
        commits = [since for since in self._since.values() if isinstance(since, NewCommits)]
        return len(commits) < len(self.pipeline.sources) or any(new.ids for new in commits)

    def skip(self) -> None:
        """Record that every source was found to have no news."""
        for parameter, source in self.pipeline.changes_sources.items():
            since = self._since[parameter]
            assert isinstance(since, NewCommits), "anything else is news"
            self._record(source, since.upto, since.last_run)
            self.rows[parameter] = 0

    def notices(self) -> list[str]:
        """Return why all rows of a source are read."""
        target = self.pipeline.target.identifier
        more = f"; they replace those of {target}" if self.replaces_target else ""
        return [f"all rows of {t} were read: {why}{more}" for t, why in self.lost_track.items()]

    @cached_property
    def lost_track(self) -> dict[str, str]:
        """Why all rows of a source must be read again, by its name.

        Raises:
            SourceError: rows would be appended to those of another program.
        """
        return {
            self.pipeline.changes_sources[parameter].contract.identifier: since.reason
            for parameter, since in self._since.items()
            if isinstance(since, Unknown)
        }

    @cached_property
    def _since(self) -> Mapping[str, NewCommits | Unknown | None]:
        """What is new in each source of changes, by parameter; None for a first run."""
        sources = self.pipeline.changes_sources
        state = self.writer.state
        if self.rebuilds or not sources or state is None or state.snapshot is None:
            return dict.fromkeys(sources)
        return {parameter: self._new_commits(source) for parameter, source in sources.items()}

    def _new_commits(self, source: TableSource) -> NewCommits | Unknown | None:
        state = self.warehouse.whole_state(source.contract)
        if state is None or state.snapshot is None:
            return None
        record = self.writer.last_commit
        if record is None and self.pipeline.mode == "append":
            raise self._unknown_rows()
        since = record.snapshots_read.get(source.contract.identifier) if record else None
        if since is None:
            return Unknown("the last run has not read it")
        return commits_since(state, since)

    def _unknown_rows(self) -> SourceError:
        target = self.pipeline.target.identifier
        return SourceError(
            f"the last commit of {target} does not say what it has read: another program has written the table",
            where=self.pipeline.location,
            remedy=f"make it anew from its sources, without the other program's rows: alur rebuild {target}",
        )

    def _frame(self, parameter: str, source: TableSource) -> DataFrame:
        since = None if self.replaces_target else self._since.get(parameter)
        if isinstance(since, NewCommits):
            self._record(source, since.upto, since.last_run)
            return self._changes(parameter, source, since)
        read = self.warehouse.read(self.session, source.contract)
        self.rows[parameter] = read.rows
        self._record(source, read.snapshot_id, read.last_run)
        return _all_added(read.frame) if source.is_changes else read.frame

    def _record(self, source: TableSource, snapshot: int, last_run: Provenance | None) -> None:
        table = source.contract.identifier
        if not source.is_changes and table in self.snapshots:
            # The table is a source of changes, too: what these have read decides where the next run begins.
            return
        self.snapshots[table] = snapshot
        if last_run and last_run.meaning:
            self.meanings[table] = last_run.meaning

    def _changes(self, parameter: str, source: TableSource, commits: NewCommits) -> DataFrame:
        files = self.warehouse.read_changes(self.session, source.contract, commits)
        self.rows[parameter] = files.rows
        if files.removed is None:
            return _all_added(files.added)
        staged = self.writer.stage(net_changes(files, source.contract))
        if not source.has_removed:
            self._refuse_removed(staged.frame, source)
        return staged.frame

    def _refuse_removed(self, changes: DataFrame, source: TableSource) -> None:
        removed = int(changes.filter(F.col(CHANGE) == REMOVED).count())
        if removed:
            table, name = source.contract.identifier, source.contract.name
            raise SourceError(
                f"{counted(removed, 'row')} of {table} {'was' if removed == 1 else 'were'} "
                "replaced or removed since the last run",
                where=self.pipeline.location,
                remedy=f"receive them, too: changes({name}, removed=True), with _change = 'removed'; "
                f"or make the table anew: alur rebuild {self.pipeline.target.identifier}",
            )


def _all_added(rows: DataFrame) -> DataFrame:
    return rows.withColumn(CHANGE, F.lit(ADDED))
