"""The warehouse in AWS: Iceberg tables in S3, listed in Glue's Data Catalog, written by the job's engine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from alur.contracts.columns import SOURCE_FILE, ArrayType, MapType
from alur.contracts.contract import Contract, Layer
from alur.contracts.retention import Retention
from alur.errors import EngineError, SourceError
from alur.runtime.engines.spark_types import nullable_schema, spark_type
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.kept_rows import with_kept_rows
from alur.runtime.tables.merging import rows_in_key_range
from alur.runtime.tables.partitions import rows_in_other_partitions
from alur.runtime.tables.properties import snapshot_summary
from alur.runtime.tables.spark_commits import GlueTable, another_run_has_written
from alur.runtime.tables.spark_expiry import expire_when_due
from alur.runtime.tables.spark_sql import rows_of, table_name
from alur.runtime.tables.spark_staging import StagingArea, StagingFolder
from alur.runtime.tables.spark_taken_files import files_taken
from alur.runtime.tables.state import Snapshot, TableCatalog, TableState
from alur.runtime.tables.warehouse import Commit, RunIdentity, Staged
from alur.runtime.tables.write_plan import Files, WritePlan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class LayerLocation:
    """The location of a layer's tables.

    Attributes:
        database: their database in Glue.
        location: the prefix above the folders of its tables; ends with a slash.
    """

    database: str
    location: str


@dataclass(frozen=True)
class GlueWarehouse:
    """Tables by contract, in the catalog ``glue_catalog`` of a session.

    Attributes:
        catalog: finds a table's metadata, whichever engine wrote it.
        staging: the place for a run's rows before their commit.
        retention: how long the run's target keeps its snapshots; None if they stay for good.
    """

    session: SparkSession
    catalog: TableCatalog
    databases: Mapping[Layer, LayerLocation]
    staging: StagingArea
    retention: Retention | None = None

    def name(self, contract: Contract) -> str:
        """Return a table's name in Spark."""
        return table_name(self.databases[contract.layer].database, contract.table)

    def location(self, contract: Contract) -> str:
        """Return the location of a table's files."""
        return self.databases[contract.layer].location + contract.table

    def state(self, contract: Contract) -> TableState | None:
        """Return a table's current state; None if there is no such table."""
        return self.catalog.state(self.databases[contract.layer].database, contract.table)

    def rows(
        self, session: SparkSession, contract: Contract, state: TableState | None
    ) -> DataFrame | None:
        """Return a table's rows in a given state, regardless of later commits; None if it has never been written."""
        if state is None or state.snapshot is None:
            return None
        frame = session.sql(rows_of(self.name(contract), state.snapshot.id))
        return _plain_lists(in_contract(frame, contract), contract)

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """Return a table's current rows, in the contract's columns, and their number."""
        state = self.state(contract)
        frame = self.rows(session, contract, state)
        if frame is None or state is None or state.snapshot is None:
            raise SourceError(
                f"the table {contract.identifier} has never been written",
                remedy="run the pipeline that writes it, or everything: alur run --all",
            )
        return frame, state.snapshot.total

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
            state = self.state(contract)
            yield GlueTableWriter(self, session, contract, run, state, notice)
            if self.retention is not None:
                table, state = self.name(contract), self.state(contract)
                expire_when_due(session, table, state, self.retention, notice)
        finally:
            try:
                self.staging.clear()
            except EngineError as error:
                notice(error.message)

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


@dataclass
class GlueTableWriter:
    """One run's write to one table.

    Attributes:
        state: the table before the run; None if it did not exist.
    """

    warehouse: GlueWarehouse
    session: SparkSession
    contract: Contract
    run: RunIdentity
    state: TableState | None
    notice: Callable[[str], None]
    reads_narrower_files: bool = True

    def existing(self) -> DataFrame | None:
        """Return the table's rows before this run, in the contract's columns; None if it has never been written."""
        return self.warehouse.rows(self.session, self.contract, self.state)

    def taken_files(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when rows of landing files came into the table, for those of the files that are in it."""
        rows = self.existing()
        present = () if self.state is None else (column.name for column in self.state.columns)
        if rows is None or self._base is None or SOURCE_FILE not in present:
            return {}
        name = self.warehouse.name(self.contract)
        return files_taken(self.session, name, self._base.id, rows, names)

    def rows_near_keys(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows with keys in the range of the staged ones: Iceberg skips other files by their bounds."""
        rows = self.existing()
        return None if rows is None else rows_in_key_range(rows, staged.frame, self.contract)

    def rows_in_other_partitions(self, staged: Staged, plan: WritePlan) -> DataFrame | None:
        """Return the table's rows in partitions without staged rows; None if there are none."""
        rows = self.existing()
        return None if rows is None else rows_in_other_partitions(rows, staged.frame, self.contract)

    def staged_folder(self) -> StagingFolder:
        """Return a new folder below the run's staging prefix."""
        return StagingFolder(self.warehouse.staging, f"landing-{uuid.uuid4().hex}")

    def stage(self, frame: DataFrame) -> Staged:
        """Write rows with the engine, as Parquet below the run's staging prefix."""
        name, staging = uuid.uuid4().hex, self.warehouse.staging
        schema = nullable_schema(frame.schema)
        frame.write.parquet(staging.folder(name))
        if staging.holds_files(name):
            staged = self.session.read.schema(schema).parquet(staging.folder(name))
        else:
            staged = self.session.createDataFrame([], schema)
        return Staged(staged, staging.folder(name))

    def commit(self, staged: Staged, rows: int, plan: WritePlan) -> Commit:
        """Carry out a plan with staged rows, in one snapshot.

        Raises:
            EngineError: another run has written the table since this one read it, or the engine cannot make a required
                change of the table.
        """
        table = self._table(plan)
        if plan.removes is Files.HOLDING_KEYS and not table.merges_rows:
            plan = replace(plan, removes=Files.ALL)
        staged = with_kept_rows(self, self.contract, staged, plan)
        if plan.action == "create":
            table.create()
        before = self._current()
        if plan.action in ("rewrite", "replace"):
            self._refuse_lost_rows(plan, before)
            table.replace(staged.frame, before)
        else:
            if plan.action == "evolve":
                table.follow(before)
                before = self._current()
            self._refuse_lost_rows(plan, before)
            table.write(staged.frame, plan.removes)
        return self._outcome(before, rows)

    def _table(self, plan: WritePlan) -> GlueTable:
        name = self.warehouse.name(self.contract)
        location = self.warehouse.location(self.contract)
        return GlueTable(
            self.session,
            self.contract,
            name,
            location,
            snapshot_summary(self.run),
            self._checks(plan),
            self.notice,
        )

    @property
    def _base(self) -> Snapshot | None:
        """The snapshot behind the run's plan; None if the table had none."""
        return self.state.snapshot if self.state else None

    def _checks(self, plan: WritePlan) -> dict[str, str]:
        if not (plan.reads_before_commit and self._base):
            return {}
        # Iceberg on the JVM refuses the commit after any other one, however late that was.
        return {
            "isolation-level": "serializable",
            "validate-from-snapshot-id": f"{self._base.id}",
        }

    def _current(self) -> TableState:
        state = self.warehouse.state(self.contract)
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


def _plain_lists(frame: DataFrame, contract: Contract) -> DataFrame:
    """Return the rows, each list and map cast to its own type.

    Sail reads Iceberg's field ids into the element types of lists and maps, loses them when it takes a group's first
    row, and then reports different types. On Spark such a cast does nothing.
    """
    from pyspark.sql import functions as F

    return frame.select(
        *(
            F.col(f"`{column.name}`").cast(spark_type(column.type)).alias(column.name)
            if isinstance(column.type, ArrayType | MapType)
            else F.col(f"`{column.name}`")
            for column in contract.columns
        )
    )
