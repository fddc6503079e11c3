"""Reads tables of this machine as frames of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.runtime.engines.paths import engine_path
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.tables.pyiceberg_data_files import current_files, local_path
from alur.runtime.tables.pyiceberg_state import state_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
    from pyspark.sql import DataFrame, SparkSession


def table_frame(session: SparkSession, table: Table) -> DataFrame:
    """Return a table's current rows."""
    return frame_of(session, table, current_files(table))


def frame_of(session: SparkSession, table: Table, files: list[DataFile]) -> DataFrame:
    """Return the rows of a table's files, read by the engine."""
    schema = spark_schema(state_of(table).columns)
    if not files:
        return session.createDataFrame([], schema)
    paths = [engine_path(local_path(file.file_path)) for file in files]
    return session.read.schema(schema).parquet(*paths)
