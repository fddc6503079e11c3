"""What a run asks of the place where tables live."""

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
    """A snapshot that a run made.

    Attributes:
        rows_written: rows in the files that the commit added.
        total_rows: rows in the table after it.
    """

    snapshot_id: int
    rows_written: int
    total_rows: int
    table_path: str


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What a commit says of the run that made it."""

    run_id: str
    pipeline: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows of a run that no reader of the table sees.

    Attributes:
        folder: the address of their Parquet files.
    """

    frame: DataFrame
    folder: str


class TableWriter(Protocol):
    """One run's hold on one table; no other run writes it meanwhile."""

    @property
    def state(self) -> TableState | None:
        """The table as it was before the run; None if it did not exist."""

    @property
    def reads_narrower_files(self) -> bool:
        """Whether readers take files whose columns have narrower types than the table's."""

    def existing(self) -> DataFrame | None:
        """Return the rows that the table had before the run, in the contract's columns; None if never written."""

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows whose partition none of the staged rows falls into; None if there are none."""

    def staged_folder(self) -> StagedFolder:
        """Return a new folder, which goes when the run is over."""

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows where no reader of the table sees them."""

    def commit(self, staged: Staged, plan: WritePlan) -> Commit:
        """Bring the table up to its contract, and the staged rows into it, in one commit: all of them or none.

        Args:
            staged: the new rows, and those that the plan has written again.

        Raises:
            EngineError: another run has written the table, or the engine cannot do what the plan asks.
        """


class Warehouse(Protocol):
    """Tables by contract."""

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """Return a table's rows as of now, in the contract's columns, and how many.

        Raises:
            SourceError: it has never been written, or lacks a required column.
        """

    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> AbstractContextManager[TableWriter]:
        """Take hold of a table, waiting for a run that has it."""

    def current_state(self, contract: Contract) -> Commit | None:
        """Return a table's current state as a commit that wrote no rows; None if it has never been written."""

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Return some rows of a table."""
