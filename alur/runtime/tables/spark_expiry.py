"""Expires old snapshots of tables in AWS, with Iceberg's own procedure, which deletes the files that nothing else needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alur.contracts.retention import Retention
from alur.deployment.job_contents import CATALOG
from alur.runtime.engines.errors import reason
from alur.runtime.tables.spark_catalog import has_iceberg
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
        session.sql(expiry(table, expired)).collect()
    except Exception as error:  # each library of the engine raises its own
        notice(f"old snapshots of {table} stay: {reason(error)}")


def expiry(table: str, snapshots: set[int]) -> str:
    """Return the statement that expires exactly these snapshots.

    Without the time, Iceberg would also expire all that are older than five days.

    >>> expiry("glue_catalog.`shop`.`orders`", {2, 1})
    "CALL glue_catalog.system.expire_snapshots(table => 'glue_catalog.`shop`.`orders`', older_than => TIMESTAMP '1970-01-01 00:00:00', snapshot_ids => ARRAY(1L, 2L))"
    """
    ids = ", ".join(f"{number}L" for number in sorted(snapshots))
    return (
        f"CALL {CATALOG}.system.expire_snapshots(table => '{table}', "
        f"older_than => TIMESTAMP '1970-01-01 00:00:00', snapshot_ids => ARRAY({ids}))"
    )
