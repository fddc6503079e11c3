"""Keeps tables in AWS small with Iceberg's own procedures: combines small files, expires snapshots, deletes orphans.

A procedure whose commit meets another one gives way: it fails, and the table stays as the other commit left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.contracts.retention import Retention
from alur.errors import EngineError, SourceError
from alur.runtime.engines.errors import reason
from alur.runtime.tables.maintained import Maintained
from alur.runtime.tables.maintenance_thresholds import (
    MANY_MANIFESTS,
    MANY_SMALL_FILES,
    ORPHANS_STAY,
    calls_for_compaction,
)
from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_procedures import (
    combine_files,
    combine_manifests,
    count_manifests,
    expire_snapshots,
    remove_orphans,
)
from alur.runtime.tables.spark_tables import GlueTables
from alur.runtime.tables.state import TableState
from alur.runtime.tables.stray_snapshots import stray_snapshots

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession


def maintain_after_run(
    session: SparkSession,
    table: str,
    before: TableState | None,
    state: TableState | None,
    retention: Retention | None,
    notice: Callable[[str], None],
) -> None:
    """Combine small files, expire snapshots, and delete orphans, if that is due and the engine can.

    Args:
        table: the table's name in Spark.
        before: its state before the run.
        state: its state now.
        notice: receives what went wrong: the run has succeeded.
    """
    if state is None or not has_iceberg(session):
        return
    procedures = _Procedures(session, table)
    compacts = calls_for_compaction(before.data_files if before else 0, state.data_files)
    expired = _expired(state, retention)
    if compacts:
        with _errors_as(notice, f"small files of {table} stay"):
            procedures.compact(MANY_SMALL_FILES)
    if expired:
        with _errors_as(notice, f"old snapshots of {table} stay"):
            procedures.execute(expire_snapshots(table, expired))
    if compacts or expired:
        with _errors_as(notice, f"files of {table} without a use stay"):
            procedures.remove_orphans()


def maintain(tables: GlueTables, contract: Contract) -> Maintained:
    """Combine small files, expire snapshots, and delete files that no snapshot needs, whether or not it is due.

    Raises:
        SourceError: the table has never been written.
        EngineError: the engine has no procedures, one has failed, or another program has committed meanwhile.
    """
    before = written_state(tables, contract)
    if not has_iceberg(tables.session):
        raise EngineError(
            f"the table {contract.identifier} cannot be maintained: this engine has none of Iceberg's procedures",
            remedy="run the job on Spark: in the sandbox, alur sandbox up --engine spark",
        )
    procedures = _Procedures(tables.session, tables.name(contract))
    retention = tables.retentions.get(contract.identifier)
    size = tables.catalog.size(before.location)
    try:
        orphans = procedures.maintain(_expired(before, retention, every=timedelta(0)))
    except Exception as error:  # each library of the engine raises its own
        raise EngineError(
            f"the table {contract.identifier} cannot be maintained: {reason(error)}",
            remedy="if another program has written it meanwhile, run alur maintain again; otherwise the job's log "
            "has the engine's full message",
        ) from error
    after = written_state(tables, contract)
    return Maintained(
        contract.identifier,
        before.data_files,
        after.data_files,
        len(before.snapshots),
        len(after.snapshots),
        orphans,
        size,
        tables.catalog.size(after.location),
    )


@dataclass(frozen=True, slots=True)
class _Procedures:
    """Iceberg's procedures for one table, by its name in Spark."""

    session: SparkSession
    table: str

    def execute(self, statement: str) -> list[Row]:
        return self.session.sql(statement).collect()

    def maintain(self, expired: set[int]) -> int:
        """Do everything; return the number of orphans."""
        self.compact(2)
        if expired:
            self.execute(expire_snapshots(self.table, expired))
        return self.remove_orphans()

    def compact(self, least: int) -> None:
        """Combine small files where a partition has so many, then the manifests if they are many."""
        self.execute(combine_files(self.table, least))
        ((manifests,),) = self.execute(count_manifests(self.table))
        if manifests >= MANY_MANIFESTS:
            self.execute(combine_manifests(self.table))

    def remove_orphans(self) -> int:
        """Delete the files that no snapshot needs; return their number."""
        return len(self.execute(remove_orphans(self.table, datetime.now(UTC) - ORPHANS_STAY)))


def _expired(
    state: TableState, retention: Retention | None, every: timedelta | None = None
) -> set[int]:
    """Return the snapshots to expire now: by their age, and those that a killed run has left."""
    now = datetime.now(UTC)
    strays = stray_snapshots(state, now - ORPHANS_STAY)
    if retention is None:
        return strays
    due = retention if every is None else replace(retention, every=every)
    return strays | state.snapshot_history.expired(due, now)


def written_state(tables: GlueTables, contract: Contract) -> TableState:
    """Return the state of a table with rows.

    Raises:
        SourceError: the table has never been written.
    """
    state = tables.state(contract)
    if state is None or state.snapshot is None:
        raise SourceError(
            f"the table {contract.identifier} has never been written",
            remedy="run the pipeline that writes it",
        )
    return state


@contextmanager
def _errors_as(notice: Callable[[str], None], text: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # each library of the engine raises its own
        notice(f"{text}: {reason(error)}")
