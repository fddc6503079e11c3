"""Reads tables of this machine as frames of an engine."""

from __future__ import annotations

import re
from functools import lru_cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from alur.runtime.engines.paths import engine_path
from alur.runtime.engines.spark_types import nullable_schema, spark_schema
from alur.runtime.tables.arrow_types import plain_type
from alur.runtime.tables.existing_tables import widened
from alur.runtime.tables.pyiceberg_data_files import current_files, local_path
from alur.runtime.tables.pyiceberg_state import state_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
    from pyspark.sql import DataFrame, SparkSession

_OWN_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet")
"""The names of Alur's own data files. PyIceberg and Spark put numbers around the UUID."""

_FILES_REMEMBERED = 10_000


def table_frame(session: SparkSession, table: Table) -> DataFrame:
    """Return a table's current rows."""
    return frame_of(session, table, current_files(table))


def frame_of(session: SparkSession, table: Table, files: list[DataFile]) -> DataFrame:
    """Return the rows of a table's files, read by the engine."""
    schema = spark_schema(state_of(table).columns)
    if not files:
        return session.createDataFrame([], schema)
    layouts: dict[pa.Schema | None, list[str]] = {}
    for file in files:
        path = local_path(file.file_path)
        layout = None if _OWN_NAME.fullmatch(path.name) else _foreign_layout(path)
        layouts.setdefault(layout, []).append(engine_path(path))
    return reduce(
        lambda frame, more: frame.union(more),
        [_read(session, paths, layout, schema) for layout, paths in layouts.items()],
    )


@lru_cache(_FILES_REMEMBERED)
def _foreign_layout(path: Path) -> pa.Schema | None:
    """Return a file's schema, in plain types; None if all its types are plain ones."""
    layout = pq.read_schema(path).remove_metadata()
    plain = pa.schema([field.with_type(plain_type(field.type)) for field in layout])
    return None if plain.types == layout.types else plain


def _read(
    session: SparkSession, paths: list[str], layout: pa.Schema | None, schema: T.StructType
) -> DataFrame:
    """Return the rows of files of one layout.

    Args:
        layout: None for plain types. Sail refuses a schema of plain types for other files, such as PyIceberg's, which say
            ``large_string``; and it reads no files of two layouts together.
    """
    if layout is None:
        return session.read.schema(schema).parquet(*paths)
    present = {field.name: field.dataType for field in nullable_schema(from_arrow_schema(layout))}
    columns = [
        widened(
            F.col(f"`{field.name}`").cast(present[field.name]), present[field.name], field.dataType
        )
        if field.name in present
        else F.lit(None).cast(field.dataType)
        for field in schema
    ]
    names = schema.names
    return session.read.parquet(*paths).select(
        *(column.alias(name) for column, name in zip(columns, names, strict=True))
    )
