"""What a run asks of the place where tables live."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from alur.contracts.contract import Contract
from alur.contracts.evolution import Change
from alur.pipelines.modes import WriteMode

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


class StagedFolder(Protocol):
    """A folder of a run's own, for Parquet files that no table knows."""

    @property
    def address(self) -> str:
        """Where the engine reads it."""

    def new_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open a new file in it; it is there once the block has ended without an error."""


class TableWriter(Protocol):
    """One run's hold on one table; no other run writes it meanwhile."""

    def check_contract(self) -> None:
        """Makes sure that rows in the table can stay there under the contract as it is now.

        Raises:
            SchemaError: the table has columns that the contract cannot have grown from.
        """

    def changes(self) -> list[Change]:
        """Return how the contract's columns differ from the table's; none if it has never been written."""

    def existing(self) -> DataFrame | None:
        """The table's rows; None if it has never been written."""

    def untouched(self, staged: DataFrame) -> DataFrame | None:
        """The table's rows that stay beside the staged ones when those replace their partitions."""

    def staged_folder(self) -> StagedFolder:
        """Return a new folder, which goes when the run is over."""

    def stage(self, frame: DataFrame) -> DataFrame:
        """Writes rows where no reader of the table sees them, and reads them back."""

    def commit(self, staged: DataFrame, mode: WriteMode) -> Commit:
        """Puts the staged rows into the table, all or none; ``merge`` is up to the caller, who overwrites."""


class Warehouse(Protocol):
    """Tables by contract."""

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """A table's rows as of now, in the contract's columns, and how many.

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
        """Takes hold of a table, waiting for a run that has it."""

    def standing(self, contract: Contract) -> Commit | None:
        """A table as it is, in terms of a commit that wrote no rows; None if it has never been written."""

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Some rows of a table."""
