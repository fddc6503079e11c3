"""The warehouse in AWS: Iceberg tables in S3, named in Glue's Data Catalog, written by the job's own engine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.contracts.columns import ArrayType, MapType
from alur.contracts.contract import Contract, Layer
from alur.contracts.evolution import Change, compare
from alur.errors import EngineError, SourceError
from alur.pipelines.modes import WriteMode
from alur.runtime.existing_tables import in_contract, refuse_breaking_changes
from alur.runtime.glue.commits import GlueTable, another_run_has_written
from alur.runtime.glue.metadata import TableCatalog, TableMetadata
from alur.runtime.glue.sql import rows_of, table_name
from alur.runtime.glue.staging import StagingArea, StagingFolder
from alur.runtime.partitions import outside
from alur.runtime.spark_types import nullable_schema, spark_type
from alur.runtime.warehouse import Commit, RunIdentity

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class LayerHome:
    """Where a layer's tables are.

    Attributes:
        database: their database in Glue.
        location: the prefix below which each table has a folder; ends with a slash.
    """

    database: str
    location: str


@dataclass(frozen=True)
class GlueWarehouse:
    """Tables by contract, in the catalog ``glue_catalog`` of a session.

    Attributes:
        catalog: finds a table's metadata, whichever engine wrote it.
        staging: where the rows of a run lie before they are committed.
    """

    session: SparkSession
    catalog: TableCatalog
    homes: Mapping[Layer, LayerHome]
    staging: StagingArea

    def name(self, contract: Contract) -> str:
        """A table as Spark knows it."""
        return table_name(self.homes[contract.layer].database, contract.table)

    def location(self, contract: Contract) -> str:
        """Where a table's files are."""
        return self.homes[contract.layer].location + contract.table

    def metadata(self, contract: Contract) -> TableMetadata | None:
        """A table's state as of now; None if there is no such table."""
        return self.catalog.metadata(self.homes[contract.layer].database, contract.table)

    def rows(
        self, session: SparkSession, contract: Contract, metadata: TableMetadata | None
    ) -> DataFrame | None:
        """A table's rows in that state, whatever is committed to it meanwhile; None if it has never been written."""
        if metadata is None or metadata.snapshot is None:
            return None
        frame = session.sql(rows_of(self.name(contract), metadata.snapshot.id))
        return _plain_lists(in_contract(frame, contract), contract)

    def read(self, session: SparkSession, contract: Contract) -> tuple[DataFrame, int]:
        """A table's rows as of now, in the contract's columns, and how many."""
        metadata = self.metadata(contract)
        frame = self.rows(session, contract, metadata)
        if frame is None or metadata is None or metadata.snapshot is None:
            raise SourceError(
                f"the table {contract.identifier} has never been written",
                remedy="run the pipeline that writes it, or everything: alur run --all",
            )
        return frame, metadata.snapshot.total

    @contextmanager
    def writing(
        self,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        notice: Callable[[str], None],
    ) -> Iterator[GlueTableWriter]:
        """A run's write to a table. That no other run has it, Glue sees to: a job has one run at a time."""
        try:
            before = self.metadata(contract)
            yield GlueTableWriter(self, session, contract, run, before, notice)
        finally:
            try:
                self.staging.clear()
            except EngineError as error:
                notice(error.message)

    def standing(self, contract: Contract) -> Commit | None:
        """A table as it is, in terms of a commit that wrote no rows; None if it has never been written."""
        metadata = self.metadata(contract)
        if metadata is None or metadata.snapshot is None:
            return None
        return Commit(metadata.snapshot.id, 0, metadata.snapshot.total, metadata.location)

    def preview(self, contract: Contract, limit: int) -> list[dict[str, object]]:
        """Some rows of a table; none if it has never been written."""
        frame = self.rows(self.session, contract, self.metadata(contract))
        found = [] if frame is None else frame.limit(limit).collect()
        return [row.asDict(recursive=True) for row in found]


class GlueTableWriter:
    """One run's write to one table."""

    def __init__(
        self,
        warehouse: GlueWarehouse,
        session: SparkSession,
        contract: Contract,
        run: RunIdentity,
        before: TableMetadata | None,
        notice: Callable[[str], None],
    ) -> None:
        self._warehouse = warehouse
        self._session = session
        self._contract = contract
        self._run = run
        self._before = before
        self._notice = notice
        self._staged = 0
        self._rests_on_rows = False

    def check_contract(self) -> None:
        """Raises SchemaError if the table's rows do not fit the contract as it is now."""
        if self._before is not None and self._before.snapshot is not None:
            refuse_breaking_changes(self._before.columns, self._contract)

    def changes(self) -> list[Change]:
        """Return how the contract's columns differ from the table's."""
        if self._before is None or self._before.snapshot is None:
            return []
        return compare(self._before.columns, self._contract.columns)

    def existing(self) -> DataFrame | None:
        """The table's rows before this run, in the contract's columns; None if it has never been written."""
        self._rests_on_rows = True
        return self._warehouse.rows(self._session, self._contract, self._before)

    def untouched(self, staged: DataFrame) -> DataFrame | None:
        """The table's rows in partitions that no staged row falls into."""
        rows = self.existing()
        return None if rows is None else outside(rows, staged, self._contract)

    def staged_folder(self) -> StagingFolder:
        """Return a new folder below the run's staging prefix."""
        return StagingFolder(self._warehouse.staging, f"landing-{uuid.uuid4().hex}")

    def stage(self, frame: DataFrame) -> DataFrame:
        """Has the engine write rows as Parquet below the run's staging prefix, and reads them back."""
        name, staging = f"{self._staged}", self._warehouse.staging
        self._staged += 1
        schema = nullable_schema(frame.schema)
        frame.write.parquet(staging.folder(name))
        if not staging.holds_files(name):
            return self._session.createDataFrame([], schema)
        return self._session.read.schema(schema).parquet(staging.folder(name))

    def commit(self, staged: DataFrame, mode: WriteMode) -> Commit:
        """Puts the staged rows into the table in one snapshot, and reads from its metadata what came of it.

        Raises:
            EngineError: another run has written the table since this one looked at its rows, or the table must
                change and the engine cannot.
        """
        table = self._table()
        before = self._made_or_found(table)
        if table.must_be_replaced(before):
            rows = self._whole(staged, mode)
            self._refuse_lost_rows()
            table.replace(rows, before)
        else:
            if table.follow(before):
                before = self._found()
            self._refuse_lost_rows()
            table.write(staged, mode, before)
        return self._outcome(before)

    def _table(self) -> GlueTable:
        name, location = (
            f(self._contract) for f in (self._warehouse.name, self._warehouse.location)
        )
        return GlueTable(
            self._session, self._contract, name, location, self._options(), self._notice
        )

    def _options(self) -> dict[str, str]:
        options = {
            "snapshot-property.alur.run-id": self._run.run_id,
            "snapshot-property.alur.pipeline": self._run.pipeline,
            "snapshot-property.alur.code-version": self._run.code_version,
        }
        base = self._before.snapshot if self._before else None
        if self._rests_on_rows and base:
            # Iceberg on the JVM refuses the commit where another has come between, however late that was.
            options["isolation-level"] = "serializable"
            options["validate-from-snapshot-id"] = f"{base.id}"
        return options

    def _made_or_found(self, table: GlueTable) -> TableMetadata:
        found = self._warehouse.metadata(self._contract)
        if found is None:
            table.create()
            return self._found()
        return found

    def _found(self) -> TableMetadata:
        found = self._warehouse.metadata(self._contract)
        if found is None:
            raise EngineError(
                f"the table {self._contract.identifier} has been removed while the run wrote it",
                remedy="run the pipeline again",
            )
        return found

    def _whole(self, staged: DataFrame, mode: WriteMode) -> DataFrame:
        """All rows that the table is to have, staged: where it is replaced, the rows that stay must come along."""
        kept = None
        if mode == "append":
            kept = self.existing()
        elif mode == "overwrite_partitions":
            kept = self.untouched(staged)
        if kept is None:
            return staged
        return self.stage(kept.union(staged.select(*kept.columns)))

    def _refuse_lost_rows(self) -> None:
        """A commit that rests on rows read before must not undo what another run has written since."""
        if not self._rests_on_rows:
            return
        base = self._before.snapshot if self._before else None
        now = self._warehouse.metadata(self._contract)
        if now is not None and now.written_since(base):
            raise another_run_has_written(self._contract)

    def _outcome(self, before: TableMetadata) -> Commit:
        after = self._found()
        if after.snapshot is None:
            raise EngineError(
                f"the engine has made no snapshot of {self._contract.identifier}",
                remedy="run the pipeline again; if it stays, report it with the job's log",
            )
        # No rows for no partition are no commit at all.
        unchanged = before.snapshot is not None and before.snapshot.id == after.snapshot.id
        rows = 0 if unchanged else after.snapshot.added
        return Commit(after.snapshot.id, rows, after.snapshot.total, after.location)


def _plain_lists(frame: DataFrame, contract: Contract) -> DataFrame:
    """The rows, each list and map cast to its own type.

    Sail reads Iceberg's field ids into the types of what lists and maps hold, loses them when it takes a group's first
    row, and then finds that the types differ. To Spark such a cast is none.
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
