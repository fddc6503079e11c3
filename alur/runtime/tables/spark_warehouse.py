"""The warehouse in AWS: tables of Glue's Data Catalog, written by the job's engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.errors import EngineError, QualityError, SourceError
from alur.runtime.tables.increments import ChangedFiles, NewCommits
from alur.runtime.tables.maintained import Maintained
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.spark_increments import changed_files
from alur.runtime.tables.spark_maintenance import maintain, maintain_after_run
from alur.runtime.tables.spark_tables import GlueTables
from alur.runtime.tables.spark_writer import GlueTableWriter
from alur.runtime.tables.state import TableState
from alur.runtime.tables.warehouse import Commit, TableRead

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class GlueWarehouse(GlueTables):
    """Tables by contract, which runs read and write."""

    def read(self, session: SparkSession, contract: Contract) -> TableRead:
        """Return a table's current rows, in the contract's columns."""
        state = self.state(contract)
        frame = self.rows(session, contract, state)
        if frame is None or state is None or state.snapshot is None:
            raise SourceError(
                f"the table {contract.identifier} has never been written",
                remedy="run the pipeline that writes it, or everything: alur run --all",
            )
        return TableRead(frame, state.snapshot.total, state.snapshot.id, state.last_run)

    def read_changes(
        self, session: SparkSession, contract: Contract, commits: NewCommits
    ) -> ChangedFiles:
        """Return the rows of the files that commits have added and removed, in the contract's columns."""
        return changed_files(session, self.name(contract), contract, commits)

    def whole_state(self, contract: Contract) -> TableState | None:
        """Return a table's current state with all its snapshots; None if there is no such table."""
        return self.state(contract)

    @contextmanager
    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> Iterator[GlueTableWriter]:
        """Yield a run's writer for a table. Glue guarantees a single writer: a job has one run at a time."""
        try:
            state, provenance = self.state(contract), Provenance(run)
            writer = GlueTableWriter(self, session, contract, provenance, state, notice)
            try:
                yield writer
            except QualityError:
                with _noting_errors(notice):
                    writer.note_refused_rows()
                raise
            with _noting_errors(notice):
                writer.clear_branches()
            table, now = self.name(contract), self.state(contract)
            retention = self.retentions.get(contract.identifier)
            maintain_after_run(session, table, state, now, retention, notice)
        finally:
            with _noting_errors(notice):
                self.staging.clear()

    def maintain(self, contract: Contract) -> Maintained:
        """Keep a table small: combine files, expire snapshots, delete orphans.

        Raises:
            SourceError: the table has never been written.
            EngineError: the engine cannot do this, or another program has committed meanwhile.
        """
        return maintain(self, contract)

    def taken_files(self, contract: Contract, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into a table, for those of the files that are in it."""
        return self.files_taken(self.session, contract, self.state(contract), names)

    def current_state(self, contract: Contract) -> Commit | None:
        """Return a table's current state as a commit without new rows; None if it has never been written."""
        state = self.state(contract)
        if state is None or state.snapshot is None:
            return None
        return Commit(state.snapshot.id, 0, state.snapshot.total, state.location)

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Return some rows of a table; none if it has never been written."""
        frame = self.rows(self.session, contract, self.state(contract))
        rows = [] if frame is None else frame.limit(limit).collect()
        return [row.asDict(recursive=True) for row in rows]


@contextmanager
def _noting_errors(notice: Callable[[str], None]) -> Iterator[None]:
    """Report an error of what follows a run: it does not change how the run ended."""
    try:
        yield
    except EngineError as error:
        notice(error.message)
