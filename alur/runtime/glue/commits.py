"""Brings staged rows into a table of the catalog: the table follows its contract, then one commit with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.contracts.evolution import compare
from alur.deployment.job_contents import CATALOG
from alur.errors import EngineError
from alur.pipelines.modes import WriteMode
from alur.runtime.engine_errors import reason
from alur.runtime.glue.metadata import TableMetadata
from alur.runtime.glue.required_columns import as_declared
from alur.runtime.glue.sql import (
    alterations,
    create_table,
    descriptions,
    identifier,
    replace_table,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Only this one replaces a table in one commit.
_ICEBERG = "org.apache.iceberg.spark.SparkCatalog"
_ROWS = "alur_rows"
_CONFLICT = "org.apache.iceberg.exceptions.ValidationException: Found conflicting"


@dataclass(frozen=True)
class GlueTable:
    """A table of the catalog and the session that changes it.

    Attributes:
        name: the table as Spark knows it.
        location: where a new table's files go.
        options: what a commit is told; engines that do not know them pass them over.
    """

    session: SparkSession
    contract: Contract
    name: str
    location: str
    options: Mapping[str, str]
    notice: Callable[[str], None]

    def create(self) -> None:
        """Makes the table, empty, as its contract says."""
        self._say(create_table(self.name, self.contract, self.location), "be created")

    def must_be_replaced(self, present: TableMetadata) -> bool:
        """Whether no change that keeps the files as they are makes the table what the contract says."""
        changes = compare(present.columns, self.contract.columns)
        breaking = any(not change.compatible for change in changes)
        return breaking or present.partitioning != self.contract.partition_by

    def follow(self, present: TableMetadata) -> bool:
        """Brings the table's columns and descriptions up to its contract; says whether anything changed.

        Readers see the new columns before the new rows, which harms none: all these changes are compatible.

        Raises:
            EngineError: the engine has no ALTER TABLE.
        """
        changes = list(alterations(self.name, present.columns, self.contract))
        texts = list(descriptions(self.name, present.columns, self.contract))
        if changes:
            self._require_iceberg(present)
        elif texts and not self._has_iceberg:
            self.notice("descriptions stay as they are: this engine has no ALTER TABLE")
            texts = []
        for statement in (*changes, *texts):
            self._say(statement, "follow its contract")
        return bool(changes or texts)

    def replace(self, rows: DataFrame, present: TableMetadata) -> None:
        """Replaces columns, partitions and rows in one commit; the snapshots before it stay.

        Raises:
            EngineError: the engine cannot do that in one commit.
        """
        self._require_iceberg(present)
        self._require_nullability()
        as_declared(rows, self.contract).createOrReplaceTempView(_ROWS)
        try:
            with self._engine("be replaced"):
                self.session.sql(replace_table(self.name, self.contract, _ROWS)).collect()
        finally:
            self.session.catalog.dropTempView(_ROWS)

    def write(self, rows: DataFrame, mode: WriteMode, present: TableMetadata) -> None:
        """Adds rows to the table, or replaces some or all of its rows, in one commit."""
        # In the engine's own order of the table's columns, for some writes go by position: Sail has partitions last.
        selected = rows.select(*map(identifier, self.session.table(self.name).columns))
        with self._engine("be written"):
            if mode == "append" or present.snapshot is None:
                # An empty table has nothing to replace; only so there is a snapshot even where there are no rows.
                selected.writeTo(self.name).options(**self.options).append()
            elif mode == "overwrite_partitions":
                selected.writeTo(self.name).options(**self.options).overwritePartitions()
            else:
                # All rows, for the session's partitionOverwriteMode is static. Sail's overwrite(condition) fails on
                # columns that must not be null.
                selected.write.options(**self.options).insertInto(self.name, overwrite=True)

    @property
    def _has_iceberg(self) -> bool:
        return self.session.conf.get(f"spark.sql.catalog.{CATALOG}", None) == _ICEBERG

    def _require_iceberg(self, present: TableMetadata) -> None:
        if not self._has_iceberg:
            changes = [c.message for c in compare(present.columns, self.contract.columns)]
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
                remedy=f"the job's --conf must say {setting}=false: alur deploy",
            )

    def _say(self, statement: str, purpose: str) -> None:
        with self._engine(purpose):
            self.session.sql(statement).collect()

    @contextmanager
    def _engine(self, purpose: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each engine has exceptions of its own
            if _CONFLICT in str(error):
                raise another_run_has_written(self.contract) from error
            raise EngineError(
                f"the table {self.contract.identifier} cannot {purpose}: {reason(error)}",
                where=self.contract.location,
                remedy="run the pipeline again; if it stays, the job's log has all that the engine says",
            ) from error


def another_run_has_written(contract: Contract) -> EngineError:
    """What stops a commit that would undo another's."""
    return EngineError(
        f"another run has written {contract.identifier} since this one read it; nothing was written",
        remedy="run the pipeline again",
    )
