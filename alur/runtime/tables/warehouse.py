"""The interface of a warehouse for a run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from alur.contracts.contract import Contract
from alur.runtime.landing.staged_folder import StagedFolder
from alur.runtime.tables.increments import ChangedFiles, NewCommits
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.state import TableState
from alur.runtime.tables.write_plan import WritePlan
from alur.text import counted

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class Commit:
    """A run's snapshot.

    Attributes:
        rows_written: the number of the run's rows.
        total_rows: the number of rows in the table afterwards.
        rows_carried: the number of other rows that were written again, since they shared a file with replaced ones.
    """

    snapshot_id: int
    rows_written: int
    total_rows: int
    table_path: str
    rows_carried: int = 0

    @property
    def written(self) -> str:
        """The written rows, in words.

        >>> Commit(1, 2, 40, "/t", rows_carried=8).written
        '2 rows, and 8 others of the same files; the table has 40'
        """
        others = (
            f", and {self.rows_carried:,} others of the same files" if self.rows_carried else ""
        )
        return f"{counted(self.rows_written, 'row')}{others}; the table has {self.total_rows:,}"


@dataclass(frozen=True, slots=True)
class TableRead:
    """All rows of a table in one of its snapshots.

    Attributes:
        last_run: the record of the run behind them; None if another tool wrote them.
    """

    frame: DataFrame
    rows: int
    snapshot_id: int
    last_run: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows of a run before their commit, invisible to the table's readers.

    Attributes:
        folder: the address of their Parquet files.
        count: their number, if it costs nothing to know.
        in_table: whether these are files of the table already, which the commit takes over.
    """

    frame: DataFrame
    folder: str
    in_table: bool = False
    count: int | None = None


class TableWriter(Protocol):
    """One run's hold on one table; no other run writes it meanwhile."""

    @property
    def state(self) -> TableState | None:
        """The table before the run; None if it did not exist."""

    @property
    def last_commit(self) -> Provenance | None:
        """The record of the latest run that committed; None if there is none, or another program wrote since then."""

    @property
    def reads_narrower_files(self) -> bool:
        """Whether readers accept files with narrower column types than the table's."""

    def existing(self) -> DataFrame | None:
        """Return the table's rows before the run, in the contract's columns; None if never written."""

    def taken_files(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into the table, for those of the files that are in it."""

    def rows_near_keys(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows with the key of a staged row, and perhaps some others; None if there are none."""

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows in partitions without staged rows; None if there are none."""

    def rows_in_same_partitions(self, staged: Staged) -> DataFrame | None:
        """Return the table's rows in the partitions of staged rows; None if that would read other rows, too."""

    def staged_folder(self) -> StagedFolder:
        """Return a new folder, deleted when the run ends."""

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows to a place invisible to the table's readers."""

    def stage_as_planned(
        self, frame: DataFrame, plan: WritePlan, unwritable: SparkColumn, provenance: Provenance
    ) -> Staged:
        """Write a run's rows to a place invisible to the table's readers: into files of the table, if the executor can.

        Args:
            unwritable: whether the table cannot hold a row; such a row is staged elsewhere, for the check to find.
            provenance: recorded with the rows.
        """

    def is_intact(self) -> bool:
        """Return whether the table is still that of ``state``, with all its files: a new write would heal it."""

    def confirm(self, provenance: Provenance) -> None:
        """Record a run that found nothing to change; without effect where no run asks for it."""

    def commit(self, staged: Staged, rows: int, plan: WritePlan, provenance: Provenance) -> Commit:
        """Update the table to its contract and add the staged rows, in one atomic commit.

        Args:
            staged: the new rows; the writer adds the kept ones of files that the plan removes.
            rows: the number of the new rows.
            provenance: recorded with the commit.

        Raises:
            EngineError: another run has written the table, or the engine cannot carry out the plan.
        """


class Warehouse(Protocol):
    """Tables by contract."""

    def read(self, session: SparkSession, contract: Contract) -> TableRead:
        """Return a table's current rows, in the contract's columns.

        Raises:
            SourceError: the table has never been written, or lacks a required column.
        """

    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> AbstractContextManager[TableWriter]:
        """Take hold of a table; wait for a run holding it."""

    def read_changes(
        self, session: SparkSession, contract: Contract, commits: NewCommits
    ) -> ChangedFiles:
        """Return the rows of the files that commits of a table have added and removed, in the contract's columns."""

    def state(self, contract: Contract) -> TableState | None:
        """Return a table's current state; None if there is no such table."""

    def whole_state(self, contract: Contract) -> TableState | None:
        """Return a table's current state with all its snapshots; None if there is no such table."""

    def taken_files(self, contract: Contract, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into a table, for those of the files that are in it."""

    def current_state(self, contract: Contract) -> Commit | None:
        """Return a table's current state as a commit without new rows; None if it has never been written."""

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Return some rows of a table."""
