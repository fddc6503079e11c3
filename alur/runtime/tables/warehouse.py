"""The interface of a warehouse for a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from alur.contracts.contract import Contract
from alur.runtime.landing.staged_folder import StagedFolder
from alur.runtime.tables.state import TableState
from alur.runtime.tables.write_plan import WritePlan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class Commit:
    """A run's snapshot.

    Attributes:
        rows_written: the number of rows in the added files.
        total_rows: the number of rows in the table afterwards.
    """

    snapshot_id: int
    rows_written: int
    total_rows: int
    table_path: str


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """The record of a run in its commit."""

    run_id: str
    pipeline: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows of a run before their commit, invisible to the table's readers.

    Attributes:
        folder: the address of their Parquet files.
    """

    frame: DataFrame
    folder: str


class TableWriter(Protocol):
    """One run's hold on one table; no other run writes it meanwhile."""

    @property
    def state(self) -> TableState | None:
        """The table before the run; None if it did not exist."""

    @property
    def reads_narrower_files(self) -> bool:
        """Whether readers accept files with narrower column types than the table's."""

    def existing(self) -> DataFrame | None:
        """Return the table's rows before the run, in the contract's columns; None if never written."""

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows in partitions without staged rows; None if there are none."""

    def staged_folder(self) -> StagedFolder:
        """Return a new folder, deleted when the run ends."""

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows to a place invisible to the table's readers."""

    def commit(self, staged: Staged, plan: WritePlan) -> Commit:
        """Update the table to its contract and add the staged rows, in one atomic commit.

        Args:
            staged: the new rows, and the kept rows to write again by the plan.

        Raises:
            EngineError: another run has written the table, or the engine cannot carry out the plan.
        """


class Warehouse(Protocol):
    """Tables by contract."""

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """Return a table's current rows, in the contract's columns, and their number.

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

    def current_state(self, contract: Contract) -> Commit | None:
        """Return a table's current state as a commit without new rows; None if it has never been written."""

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Return some rows of a table."""
