"""Rows of data files, and data files of rows.

PyIceberg's own way from Arrow to a file and back makes a null list or map of structs an empty one
(https://github.com/apache/arrow/issues/38809); here rows go to Parquet and come from it as they are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.io.pyarrow import ParquetFormatWriter
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record

from alur.contracts.table import Contract
from alur.runtime.arrow_types import arrow_schema

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata

_BYTES_AT_ONCE = 1 << 28
"""Rows held in memory while data files are written; each file holds as much at most."""


def rows_of(table: Table) -> ds.Dataset:
    """Return a table's current rows; files from before a column was added give null for it."""
    paths = [str(local_path(task.file.file_path)) for task in table.scan().plan_files()]
    return ds.dataset(paths, schema=arrow_schema(table.schema()), format="parquet")


def in_order_of_key(rows: pa.Table, contract: Contract) -> pa.Table:
    """Rows as people look at them; as they are if the contract has no key."""
    return rows.sort_by([(key, "ascending") for key in contract.key]) if contract.key else rows


def local_path(location: str) -> Path:
    """Where a location of a table's metadata is on this machine."""
    return Path(location.removeprefix("file://"))


def write_data_files(
    metadata: TableMetadata, rows: pa.RecordBatchReader, io: FileIO
) -> Iterator[DataFile]:
    """Writes rows as data files of a table; no reader sees them before they are committed."""
    schema = arrow_schema(metadata.schema())
    for chunk in _chunks(rows):
        table = _in_schema(pa.Table.from_batches(chunk), schema)
        for key, part in _partitions(metadata, table):
            yield _write(metadata, key, part, io)


def _in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with the columns of a schema; those that they do not have are null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def partitions_of(table: Table, rows: ds.Dataset) -> set[Record]:
    """The partitions of a table that rows fall into."""
    if not rows.files:
        return set()
    schema = table.schema()
    sources = {schema.find_field(field.source_id).name for field in table.spec().fields}
    # Null, too, may come into a column that the table is about to have nullable.
    types = pa.schema([f.with_nullable(True) for f in arrow_schema(schema) if f.name in sources])
    found = rows.to_table(columns=types.names).cast(types)
    return {key.partition for key, _ in _partitions(table.metadata, found) if key}


def _chunks(rows: pa.RecordBatchReader) -> Iterator[list[pa.RecordBatch]]:
    chunk: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        if batch.num_rows:
            chunk.append(batch)
            size += batch.nbytes
        if size >= _BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _partitions(
    metadata: TableMetadata, rows: pa.Table
) -> Iterator[tuple[PartitionKey | None, pa.Table]]:
    """The rows of each partition, which keep their order."""
    spec, schema = metadata.spec(), metadata.schema()
    if spec.is_unpartitioned():
        yield None, rows
        return
    values = {}
    for n, field in enumerate(spec.fields):
        source = schema.find_field(field.source_id)
        transformed = field.transform.pyarrow_transform(source.field_type)
        values[f"{n}"] = transformed(rows[source.name].combine_chunks())
    keys = pa.table(values)
    order = keys.append_column("row", pa.array(range(len(keys)))).sort_by(
        [(name, "ascending") for name in values]
    )
    groups = order.group_by(list(values), use_threads=False).aggregate([([], "count_all")])
    start = 0
    for group in groups.to_pylist():
        size = group.pop("count_all")
        key = _key(metadata, list(group.values()))
        yield key, rows.take(order["row"].slice(start, size))
        start += size


def _key(metadata: TableMetadata, values: list[Any]) -> PartitionKey:
    spec = metadata.spec()
    pairs = [PartitionFieldValue(f, v) for f, v in zip(spec.fields, values, strict=True)]
    return PartitionKey(field_values=pairs, partition_spec=spec, schema=metadata.schema())


def _write(
    metadata: TableMetadata, key: PartitionKey | None, rows: pa.Table, io: FileIO
) -> DataFile:
    places = load_location_provider(metadata.location, metadata.properties)
    output = io.new_output(places.new_data_location(f"{uuid.uuid4()}.parquet", key))
    with ParquetFormatWriter(output, metadata.schema(), metadata.properties) as writer:
        writer.write(rows)
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=output.location,
        file_format=FileFormat.PARQUET,
        partition=key.partition if key else Record(),
        file_size_in_bytes=len(output),
        spec_id=metadata.default_spec_id,
        **writer.result().to_serialized_dict(),
    )
