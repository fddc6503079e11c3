"""Reads rows of tables in AWS without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

from alur.contracts.contract import Contract
from alur.errors import EngineError, SourceError
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.glue_catalog import GlueCatalog
from alur.runtime.tables.pyiceberg_data_files import first_rows, in_order_of_key


def read_table(
    glue: Any,
    s3: Any,
    properties: Mapping[str, str],
    database: str,
    contract: Contract,
    limit: int | None = None,
) -> tuple[pa.Table, int]:
    """Return rows of a contract's table in the order of its key, and the number of all its rows.

    Args:
        glue, s3: boto3's clients.
        properties: how PyIceberg reaches S3.
        limit: the maximum number of rows; by default all.

    Raises:
        SourceError: the table has never been written.
        EngineError: the table cannot be read.
    """
    pointer = GlueCatalog(glue, s3).pointer(database, contract.table)
    if pointer is None:
        raise _never_written(database, contract)
    try:
        rows = _open(pointer, properties, database, contract)
        if limit is not None:
            return first_rows(rows, contract, limit), rows.count_rows()
        ordered = in_order_of_key(rows.to_table(), contract)
        return ordered, ordered.num_rows
    except (OSError, ValueError, pa.ArrowException) as error:
        raise EngineError(
            f"the table {database}.{contract.table} cannot be read: {error}",
            remedy="check that the credentials may read its bucket, and that no other tool has written there",
        ) from error


def _open(
    pointer: str, properties: Mapping[str, str], database: str, contract: Contract
) -> ds.Dataset:
    table = StaticTable.from_metadata(pointer, properties=dict(properties))
    if table.current_snapshot() is None:
        raise _never_written(database, contract)
    tasks = list(table.scan().plan_files())
    if any(task.delete_files for task in tasks):
        raise EngineError(
            f"the table {database}.{contract.table} has delete files, which another tool has written",
            remedy="read it with Athena, or compact it",
        )
    # Arrow reads the files, since PyIceberg alters nulls; see pyiceberg_data_files.
    paths = [task.file.file_path.removeprefix("s3://") for task in tasks]
    assert isinstance(table.io, PyArrowFileIO)
    store = table.io.fs_by_scheme("s3", urlsplit(table.location()).netloc)
    schema = arrow_schema(table.schema())
    return ds.dataset(paths, schema=schema, format="parquet", filesystem=store)


def _never_written(database: str, contract: Contract) -> SourceError:
    return SourceError(
        f"the table {database}.{contract.table} has never been written",
        remedy="run the pipeline that writes it",
    )
