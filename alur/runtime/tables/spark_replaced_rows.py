"""Reads the rows that a run's branch replaces, and as few others as the bounds of their files permit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from alur.contracts.contract import Contract
from alur.runtime.tables.merging import in_one_order
from alur.runtime.tables.spark_sql import removed_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

_FILE = "_file"
"""Iceberg's column of a row's data file (https://iceberg.apache.org/docs/1.10.0/spark-queries/#metadata-columns)."""


def rows_of_removed_files(
    session: SparkSession, name: str, began: int, head: int, contract: Contract
) -> DataFrame:
    """Return a table's rows in the data files that a snapshot of a branch has removed, as Iceberg reads them.

    Args:
        name: the table's name in Spark.
        began: the snapshot at which the branch began.
        head: the snapshot.
    """
    ordered = in_one_order(contract, dict.fromkeys(part.column for part in contract.partition_by))
    removed = session.sql(removed_files(name, head, ordered)).collect()
    rows = session.read.option("snapshot-id", began).table(name)
    # Iceberg skips no file by its name, but by the bounds of columns.
    for number, column in enumerate(ordered):
        rows = rows.filter(
            _between(F.col(f"`{column}`"), [row[1 + 2 * number :] for row in removed])
        )
    return rows.filter(F.col(_FILE).isin([row[0] for row in removed]))


def _between(value: SparkColumn, bounds: Sequence[Any]) -> SparkColumn:
    """Return a condition that holds for all values between some of the bounds, and for null.

    Args:
        bounds: rows that begin with the bounds of a file; null if the file has none.
    """
    least, greatest = [row[0] for row in bounds], [row[1] for row in bounds]
    near = F.lit(True)
    if least and None not in least:
        near = near & (value >= F.lit(min(least)))
    if greatest and None not in greatest:
        near = near & (value <= F.lit(max(greatest)))
    return near | value.isNull()
