"""One run's write to one table of Glue's Data Catalog."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.engines.spark_types import nullable_schema
from alur.runtime.tables.kept_rows import with_kept_rows
from alur.runtime.tables.merging import rows_in_key_range
from alur.runtime.tables.partitions import rows_in_other_partitions
from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.spark_branches import RunBranch, drop_branches, guarded, is_unwritable
from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_commits import GlueTable, another_run_has_written
from alur.runtime.tables.spark_sql import set_properties
from alur.runtime.tables.spark_staging import StagingFolder
from alur.runtime.tables.spark_tables import GlueTables
from alur.runtime.tables.state import Snapshot, TableState
from alur.runtime.tables.warehouse import Commit, Staged
from alur.runtime.tables.write_plan import Files, WritePlan

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession


@dataclass
class GlueTableWriter:
    """One run's write to one table.

    Attributes:
        provenance: the record of the run in its next snapshot.
        state: the table before the run; None if it did not exist.
    """

    tables: GlueTables
    session: SparkSession
    contract: Contract
    provenance: Provenance
    state: TableState | None
    notice: Callable[[str], None]
    reads_narrower_files: bool = True

    @property
    def last_commit(self) -> Provenance | None:
        """The record of the latest run that committed; None if there is none, or another program wrote since then."""
        return self.state.last_commit if self.state else None

    def existing(self) -> DataFrame | None:
        """Return the table's rows before this run, in the contract's columns; None if it has never been written."""
        return self.tables.rows(self.session, self.contract, self.state)

    def taken_files(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into the table, for those of the files that are in it."""
        return self.tables.files_taken(self.session, self.contract, self.state, names)

    def rows_near_keys(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows with keys in the range of the staged ones: Iceberg skips other files by their bounds."""
        rows = self.existing()
        return None if rows is None else rows_in_key_range(rows, staged.frame, self.contract)

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows in partitions without staged rows; None if there are none."""
        rows = self.existing()
        return None if rows is None else rows_in_other_partitions(rows, staged.frame, self.contract)

    def rows_in_same_partitions(self, staged: Staged) -> DataFrame | None:
        """Return the table's rows in the partitions of staged rows; None if there are not as many.

        Without a branch, the engine would read all of the table: None.
        """
        if not staged.in_table or self._base is None:
            return None
        return self._branch.replaced(self._current(), self._base.id)

    def staged_folder(self) -> StagingFolder:
        """Return a new folder below the run's staging prefix."""
        return StagingFolder(self.tables.staging, f"landing-{uuid.uuid4().hex}")

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows with the engine, as Parquet below the run's staging prefix."""
        name, staging = uuid.uuid4().hex, self.tables.staging
        schema = nullable_schema(frame.schema)
        frame.write.parquet(staging.folder(name))
        if staging.holds_files(name):
            staged = self.session.read.schema(schema).parquet(staging.folder(name))
        else:
            staged = self.session.createDataFrame([], schema)
        return Staged(staged, staging.folder(name))

    def stage_as_planned(
        self, frame: DataFrame, plan: WritePlan, unwritable: SparkColumn, provenance: Provenance
    ) -> Staged:
        """Write a run's rows to a branch of the table, if the engine and the plan permit it; otherwise stage them."""
        self.provenance = provenance
        changes_table = plan.changes or plan.action != "evolve"
        if changes_table or self._base is None or not self._has_branches:
            return self.stage(frame)
        if plan.removes is Files.HOLDING_KEYS:
            # A merge reads its rows twice.
            return self.stage(frame)
        rows = guarded(frame, unwritable, self.contract)
        try:
            self._branch.write(rows, plan.removes, self._base.id)
        except Exception as error:
            if not is_unwritable(error):
                raise
            self._branch.drop()
            return self.stage(frame)
        state = self._current()
        rows = self._branch.added(state, self._base.id)
        return Staged(rows, state.location, in_table=True)

    def is_intact(self) -> bool:
        """Return whether no other run has committed; S3 loses no file."""
        return self._current().snapshot == self._base

    def confirm(self, provenance: Provenance) -> None:
        """Record a run that found nothing to change, if its pipeline or one before it means something else than recorded."""
        last = self.state.last_run if self.state else None
        meaning = provenance.meaning
        if self._base is not None and meaning and (last is None or last.meaning != meaning):
            kept = self.state.fingerprint if self.state else None
            self._record(replace(provenance, fingerprint=kept), self._base.id)

    def commit(self, staged: Staged, rows: int, plan: WritePlan, provenance: Provenance) -> Commit:
        """Carry out a plan with staged rows, in one snapshot.

        Raises:
            EngineError: another run has written the table since this one read it, or the engine cannot make a required
                change of the table.
        """
        self.provenance = provenance
        if plan.removes is Files.HOLDING_KEYS and not has_iceberg(self.session):
            plan = replace(plan, removes=Files.ALL)
        staged = with_kept_rows(self, self.contract, staged, plan)
        if plan.action == "create":
            if not has_iceberg(self.session):
                # Sail creates no table where there is metadata already.
                self.tables.catalog.clear_unfinished(self.tables.location(self.contract))
            self._table.create()
        before = self._current()
        if plan.action in ("rewrite", "replace"):
            self._refuse_lost_rows(plan, before)
            self._table.replace(staged.frame, before)
            return self._outcome(before, rows)
        if plan.action == "evolve":
            self._table.follow(before)
        with self._table.engine("be written"):
            if self._has_branches:
                self._publish(staged, plan)
            else:
                self._refuse_lost_rows(plan, self._current())
                self._table.write(staged.frame, plan.removes)
        outcome = self._outcome(before, rows)
        if not has_iceberg(self.session):
            # Sail leaves a snapshot's summary without the run.
            self._record(replace(provenance, fingerprint=None), outcome.snapshot_id)
        elif staged.in_table and provenance.fingerprint:
            self._record(provenance, outcome.snapshot_id)
        return outcome

    def _record(self, provenance: Provenance, snapshot: int) -> None:
        """Record, as a property, what the summary of a snapshot lacks."""
        record = provenance.confirming(snapshot)
        try:
            if has_iceberg(self.session):
                self._table.execute(set_properties(self._table.name, record), "record the run")
            else:
                self.tables.set_properties(self.contract, record)
        except EngineError as error:
            # The rows are there; the next run may write them again.
            self.notice(error.message)

    def _publish(self, staged: Staged, plan: WritePlan) -> None:
        """Let the table take over the rows from the run's branch.

        If the table has moved on, but the rows do not depend on what has changed, write them to a new branch.
        """
        is_on_branch = staged.in_table
        while not (is_on_branch and self._branch.publish()):
            now = self._current()
            self._refuse_lost_rows(plan, now)
            assert now.snapshot is not None, "a written table stays written"
            self._branch.write(staged.frame, plan.removes, now.snapshot.id)
            is_on_branch = True

    def note_refused_rows(self) -> None:
        """Report the branch with the rows of a run that the check has refused, if they are on one."""
        name = self._branch.name
        if self._has_branches and name in self._current().branches:
            table = self.contract.identifier
            self.notice(f"the branch {name} of {table} has the rows until the next good run")

    def clear_branches(self) -> None:
        """Remove the branches of this run and of earlier ones, with the rows that the table has not taken over.

        Raises:
            EngineError: a branch cannot be removed.
        """
        if self._has_branches and self.state is not None:
            # The run may have replaced the table, and with it the history that shows what was refused.
            drop_branches(self._table, self.state)
            drop_branches(self._table, self._current())

    @property
    def _has_branches(self) -> bool:
        """Whether the run's rows can wait on a branch: a table without a snapshot has none to begin at."""
        return self._base is not None and has_iceberg(self.session)

    @property
    def _branch(self) -> RunBranch:
        return RunBranch.of_run(self._table, self.provenance.run.run_id)

    @property
    def _table(self) -> GlueTable:
        return GlueTable(
            self.session,
            self.contract,
            self.tables.name(self.contract),
            self.tables.location(self.contract),
            self.provenance.summary(),
            self.notice,
        )

    @property
    def _base(self) -> Snapshot | None:
        """The snapshot behind the run's plan; None if the table had none."""
        return self.state.snapshot if self.state else None

    def _current(self) -> TableState:
        state = self.tables.state(self.contract)
        if state is None:
            raise EngineError(
                f"the table {self.contract.identifier} has been removed while the run wrote it",
                remedy="run the pipeline again",
            )
        return state

    def _refuse_lost_rows(self, plan: WritePlan, now: TableState) -> None:
        """Raise an error if the commit would undo rows that another run wrote after this one's plan."""
        # The plan for a table without rows removes no rows.
        depends_on_rows = plan.reads_before_commit or self._base is None
        if depends_on_rows and now.written_since(self._base):
            raise another_run_has_written(self.contract)

    def _outcome(self, before: TableState, rows: int) -> Commit:
        after = self._current()
        if after.snapshot is None:
            raise EngineError(
                f"the engine has created no snapshot of {self.contract.identifier}",
                remedy="run the pipeline again; if it fails again, report it with the job's log",
            )
        # Replacing no partition by no rows makes no commit.
        unchanged = before.snapshot is not None and before.snapshot.id == after.snapshot.id
        carried = 0 if unchanged else after.snapshot.added - rows
        return Commit(after.snapshot.id, rows, after.snapshot.total, after.location, carried)
