"""Writes a run's rows once: into files of the table, on a branch of the run, which the table takes over when they are
checked (https://iceberg.apache.org/docs/latest/branching/)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.contract import Contract
from alur.runtime.engines.spark_types import spark_schema, spark_type
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.properties import RUN_BRANCHES, branch_of_run
from alur.runtime.tables.spark_commits import GlueTable
from alur.runtime.tables.spark_procedures import expire_snapshots, fast_forward
from alur.runtime.tables.spark_replaced_rows import rows_of_removed_files
from alur.runtime.tables.spark_sql import (
    added_files,
    branch_of,
    create_branch,
    drop_branch,
    identifier,
)
from alur.runtime.tables.state import TableState
from alur.runtime.tables.write_plan import Files

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

_UNWRITABLE = "alur: the table cannot hold this row"
_MOVED_ON = "is not an ancestor of"


@dataclass(frozen=True, slots=True)
class RunBranch:
    """A run's branch of a table; readers of the table do not see its rows.

    Attributes:
        table: the table itself.
    """

    table: GlueTable
    name: str

    @classmethod
    def of_run(cls, table: GlueTable, run_id: str) -> RunBranch:
        """Return the branch of a run, which may not exist."""
        return cls(table, branch_of_run(run_id))

    def write(self, rows: DataFrame, removes: Files, snapshot: int) -> None:
        """Let the branch begin at a snapshot of the table, without earlier rows of the branch, and write rows."""
        begin = create_branch(self.table.name, self.name, snapshot)
        self.table.execute(begin, "have a branch for this run")
        replace(self.table, name=branch_of(self.table.name, self.name)).write(rows, removes)

    def added(self, state: TableState, began: int) -> DataFrame:
        """Return the rows that the branch has added, read from their files.

        Args:
            state: the table's state after the write.
            began: the snapshot at which the branch began.
        """
        contract, session = self.table.contract, self.table.session
        head = state.branches[self.name]
        # Replacing no partition by no rows makes no snapshot.
        entries = [] if head == began else session.sql(added_files(self.table.name, head)).collect()
        if not entries:
            return session.createDataFrame([], spark_schema(contract.columns))
        frame = session.read.parquet(*(file for (file,) in entries))
        # By position: Iceberg changes names in files that Avro does not permit.
        places = dict(zip((column.name for column in state.columns), frame.columns, strict=True))
        return frame.select(
            *(
                F.col(identifier(places[column.name]))
                .cast(spark_type(column.type))
                .alias(column.name)
                for column in contract.columns
            )
        )

    def replaced(self, state: TableState, began: int) -> DataFrame | None:
        """Return the table's rows that the branch replaces; None if it replaces none, or another number of rows.

        Args:
            state: the table's state after the write.
            began: the snapshot at which the branch began.
        """
        contract, session = self.table.contract, self.table.session
        head = state.snapshots[state.branches[self.name]]
        if head.id == began or head.removed != head.added:
            return None
        rows = rows_of_removed_files(session, self.table.name, began, head.id, contract)
        return in_contract(rows, contract)

    def publish(self) -> bool:
        """Let the table take over the branch, in one commit; return False if the table has moved on since it began."""
        with self.table.engine("take over its rows"):
            try:
                self.table.session.sql(fast_forward(self.table.name, self.name)).collect()
            except Exception as error:
                if _MOVED_ON in str(error):
                    return False
                raise
        return True

    def drop(self) -> None:
        """Remove the branch, if it exists; its snapshots stay."""
        self.table.execute(drop_branch(self.table.name, self.name), "lose a branch")


def guarded(rows: DataFrame, unwritable: SparkColumn, contract: Contract) -> DataFrame:
    """Return rows in the contract's columns; a row that the table cannot hold stops the write."""
    first, *others = (column.name for column in contract.columns)
    stop = F.when(unwritable, F.raise_error(F.lit(_UNWRITABLE)))
    checked = stop.otherwise(F.col(identifier(first))).alias(first)
    return rows.select(checked, *map(identifier, others))


def is_unwritable(error: Exception) -> bool:
    """Return whether `guarded` rows have stopped a write."""
    return _UNWRITABLE in str(error)


def drop_branches(table: GlueTable, state: TableState) -> None:
    """Remove the branches of runs, and the files that only they refer to.

    Args:
        state: a state of the table with these branches.
    """
    kept = {snapshot.id for snapshot in state.history()}
    for name, head in state.branches.items():
        if not name.startswith(RUN_BRANCHES):
            continue
        RunBranch(table, name).drop()
        if head not in kept:
            table.execute(expire_snapshots(table.name, {head}), "lose the files of a refused run")
