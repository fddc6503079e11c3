"""Expires old snapshots of tables in AWS, with Iceberg's own procedure, which deletes the files that nothing else needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alur.contracts.retention import Retention
from alur.runtime.engines.errors import reason
from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_sql import expire_snapshots
from alur.runtime.tables.state import TableState

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def expire_when_due(
    session: SparkSession,
    table: str,
    state: TableState | None,
    retention: Retention,
    notice: Callable[[str], None],
) -> None:
    """Expire snapshots of a table, if that is due and the engine can.

    Args:
        table: the table's name in Spark.
        notice: receives what went wrong: the run has succeeded.
    """
    if state is None or not has_iceberg(session):
        return
    expired = state.snapshot_history.expired(retention, datetime.now(UTC))
    if not expired:
        return
    try:
        session.sql(expire_snapshots(table, expired)).collect()
    except Exception as error:  # each library of the engine raises its own
        notice(f"old snapshots of {table} stay: {reason(error)}")
