"""Rows of tables of this machine, as frames of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.runtime.data_files import current_files, local_path
from alur.runtime.engine_paths import engine_path
from alur.runtime.local.iceberg_types import columns_of
from alur.runtime.spark_types import spark_schema

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
    from pyspark.sql import DataFrame, SparkSession


def row_count(table: Table) -> int:
    """The rows of a table, as its snapshot's summary has them."""
    snapshot = table.current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return 0
    return int(snapshot.summary["total-records"] or 0)


def table_frame(session: SparkSession, table: Table) -> DataFrame:
    """A table's current rows."""
    return frame_of(session, table, current_files(table))


def frame_of(session: SparkSession, table: Table, files: list[DataFile]) -> DataFrame:
    """The rows of some of a table's files, read by the engine."""
    schema = spark_schema(columns_of(table.schema()))
    if not files:
        return session.createDataFrame([], schema)
    paths = [engine_path(local_path(file.file_path)) for file in files]
    return session.read.schema(schema).parquet(*paths)
