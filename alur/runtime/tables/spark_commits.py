"""Carries out write plans with Spark's statements and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.contracts.evolution import compare_columns
from alur.deployment.job_contents import CATALOG
from alur.errors import AlurError, EngineError
from alur.runtime.engines.errors import reason
from alur.runtime.tables.merging import key_ranges
from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_required_columns import as_declared
from alur.runtime.tables.spark_snapshots import summary_of_statements, summary_options
from alur.runtime.tables.spark_sql import (
    alterations,
    create_table,
    descriptions,
    identifier,
    merge_rows,
    replace_table,
)
from alur.runtime.tables.state import TableState
from alur.runtime.tables.write_plan import Files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ROWS = "alur_rows"


@dataclass(frozen=True)
class GlueTable:
    """A table of the catalog, and the session for its changes.

    Attributes:
        name: the table's name in Spark.
        location: the location of a new table's files.
        summary: the record of the run in each snapshot's summary.
    """

    session: SparkSession
    contract: Contract
    name: str
    location: str
    summary: Mapping[str, str]
    notice: Callable[[str], None]

    def create(self) -> None:
        """Create the contract's table, without rows."""
        self.execute(create_table(self.name, self.contract, self.location), "be created")

    def follow(self, present: TableState) -> None:
        """Update the table's columns and descriptions to its contract.

        Readers see the new columns before the new rows, which is harmless: all these changes are compatible.

        Raises:
            EngineError: the engine has no ALTER TABLE.
        """
        changes = list(alterations(self.name, present.columns, self.contract))
        texts = list(descriptions(self.name, present.columns, self.contract))
        if changes:
            self._require_iceberg(present)
        elif texts and not has_iceberg(self.session):
            self.notice("descriptions are unchanged: this engine has no ALTER TABLE")
            texts = []
        for statement in (*changes, *texts):
            self.execute(statement, "follow its contract")

    def replace(self, rows: DataFrame, present: TableState) -> None:
        """Replace columns, partitions and rows in one commit; earlier snapshots stay.

        Raises:
            EngineError: the engine cannot do this in one commit.
        """
        self._require_iceberg(present)
        self._require_nullability()
        as_declared(rows, self.contract).createOrReplaceTempView(_ROWS)
        try:
            with summary_of_statements(self.session, self.summary):
                self.execute(replace_table(self.name, self.contract, _ROWS), "be replaced")
        finally:
            self.session.catalog.dropTempView(_ROWS)

    def write(self, rows: DataFrame, removes: Files) -> None:
        """Add rows to the table in one commit, in place of some or all of its files.

        Exceptions are the engine's.
        """
        # Some writes go by position, so columns follow the engine's own order: Sail puts partitions last.
        selected = rows.select(*map(identifier, self.session.table(self.name).columns))
        options = summary_options(self.summary)
        match removes:
            case Files.NONE:
                selected.writeTo(self.name).options(**options).append()
            case Files.HOLDING_KEYS:
                self._merge(selected)
            case Files.TOUCHED_PARTITIONS:
                selected.writeTo(self.name).options(**options).overwritePartitions()
            case Files.ALL:
                # Replaces all rows, since the session's partitionOverwriteMode is static. Sail's
                # overwrite(condition) fails on required columns.
                selected.write.options(**options).insertInto(self.name, overwrite=True)

    def _merge(self, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(_ROWS)
        try:
            ranges = key_ranges(rows, self.contract)
            statement = merge_rows(self.name, self.contract, _ROWS, tuple(ranges))
            ends = {
                f"{kind}_{number}": end
                for number, ends in enumerate(ranges.values())
                for kind, end in zip(("least", "greatest"), ends, strict=True)
            }
            with summary_of_statements(self.session, self.summary):
                self.session.sql(statement, ends).collect()
        finally:
            self.session.catalog.dropTempView(_ROWS)

    def _require_iceberg(self, present: TableState) -> None:
        if not has_iceberg(self.session):
            changes = [c.message for c in compare_columns(present.columns, self.contract.columns)]
            if present.partitioning != self.contract.partition_by:
                changes.append("its partitions changed")
            raise EngineError(
                f"the table {self.contract.identifier} must follow {self.contract.name} "
                f"({'; '.join(changes)}), and this engine has no ALTER TABLE",
                where=self.contract.location,
                remedy="run the pipeline as a Glue job, whose Spark has it, or give the contract a new table "
                'with name="..."',
            )

    def _require_nullability(self) -> None:
        setting = f"spark.sql.catalog.{CATALOG}.use-nullable-query-schema"
        if self.session.conf.get(setting, "true") != "false":
            raise EngineError(
                f"the table {self.contract.identifier} cannot be replaced: its required columns would become nullable",
                remedy=f"set {setting}=false in the job's --conf: alur deploy",
            )

    def execute(self, statement: str, purpose: str) -> None:
        """Execute a statement.

        Raises:
            EngineError: the table cannot serve the purpose.
        """
        with self.engine(purpose):
            self.session.sql(statement).collect()

    @contextmanager
    def engine(self, purpose: str) -> Iterator[None]:
        """Raise the engine's exceptions as Alur's, with the purpose.

        Raises:
            EngineError: the table cannot serve the purpose.
        """
        try:
            yield
        except AlurError:
            raise
        except Exception as error:  # each engine raises its own exceptions
            raise EngineError(
                f"the table {self.contract.identifier} cannot {purpose}: {reason(error)}",
                where=self.contract.location,
                remedy="run the pipeline again; if it fails again, the job's log has the engine's full message",
            ) from error


def another_run_has_written(contract: Contract) -> EngineError:
    """Return the error for a commit that would undo another."""
    return EngineError(
        f"another run has written {contract.identifier} since this one read it; nothing was written",
        remedy="run the pipeline again",
    )
