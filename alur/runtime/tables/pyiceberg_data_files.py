"""Reads rows from data files, and writes rows to data files.

PyIceberg's own reading and writing turns a null list or map of structs into an empty one
(https://github.com/apache/arrow/issues/38809). The functions here keep rows unchanged.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.io.pyarrow import ParquetFormatWriter
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.tables.arrow_types import arrow_schema

if TYPE_CHECKING:
    from pyiceberg.io import FileIO, OutputFile
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata

BYTES_AT_ONCE = 1 << 26
"""The size in memory of the rows held while data files are written, and the limit for each file.

A merge writes whole files again, so smaller ones cost it less; more of them cost each reader more.
"""

_LONGEST_NAME = 255
"""The maximum length of a file's name in bytes (Linux's NAME_MAX); it holds partition values as ASCII."""
_LONGEST_FOLDER = 1_000
"""A length far below the limit of 4,096 bytes for a whole path, even in deep projects."""


def rows_of(table: Table) -> ds.Dataset:
    """Return a table's current rows; columns added after a file was written are null.

    Raises:
        EngineError: a file is missing or damaged.
    """
    return rows_of_files(table, data_files(table))


def rows_of_files(table: Table, files: list[DataFile]) -> ds.Dataset:
    """Return the rows of some of a table's files, as ``rows_of`` does for all.

    Raises:
        EngineError: a file is missing or damaged.
    """
    paths = [str(local_path(file.file_path)) for file in checked(table, files)]
    return ds.dataset(paths, schema=arrow_schema(table.schema()), format="parquet")


def current_files(table: Table) -> list[DataFile]:
    """Return the data files of a table's current snapshot; check the presence and size of each.

    Raises:
        EngineError: a file is missing, or differs in size from its table's record.
    """
    return checked(table, data_files(table))


def data_files(table: Table) -> list[DataFile]:
    """Return the data files of a table's current snapshot, as recorded.

    Raises:
        EngineError: a manifest is missing or damaged.
    """
    try:
        return [task.file for task in table.scan().plan_files()]
    except OSError as error:
        raise damaged(table, f"cannot be read: {error}") from error


def checked(table: Table, files: list[DataFile]) -> list[DataFile]:
    """Return data files of a table after a look at each.

    An engine may skip a missing file, and read the others as if they were the whole table.

    Raises:
        EngineError: a file is missing, or differs in size from its table's record.
    """
    for file in files:
        path = local_path(file.file_path)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise damaged(table, f"has lost a data file: {path}: {error.strerror}") from error
        if size != file.file_size_in_bytes:
            raise damaged(
                table,
                f"has a damaged data file: {path} has {size:,} bytes, not {file.file_size_in_bytes:,}",
            )
    return files


def damaged(table: Table, what: str) -> EngineError:
    """Return the error for a table with a missing or damaged file."""
    return EngineError(
        f"the table {'.'.join(table.name())} {what}",
        remedy="restore the file from a backup, or rebuild the table: run its pipeline if its mode is "
        '"overwrite"; otherwise remove the folder .alur/warehouse and run everything again',
    )


def first_rows(rows: ds.Dataset, contract: Contract, limit: int) -> pa.Table:
    """Return the first rows in the order of the key, or any rows if there is no key.

    Memory holds about as many rows as are returned, whatever the size of the table.
    """
    if not contract.key:
        return rows.head(limit)
    first = rows.schema.empty_table()
    for batch in rows.to_batches():
        both = pa.concat_tables([first, pa.Table.from_batches([batch])])
        first = in_order_of_key(both, contract).slice(0, limit)
    return first


def some_rows(table: Table, limit: int) -> list[dict[str, Any]]:
    """Return rows of a table, from as few of its files as possible.

    Raises:
        EngineError: one of these files is missing or damaged.
    """
    rows: list[dict[str, Any]] = []
    for file in data_files(table):
        if len(rows) >= limit:
            break
        rows += rows_of_files(table, [file]).head(limit - len(rows)).to_pylist()
    return rows


def in_order_of_key(rows: pa.Table, contract: Contract) -> pa.Table:
    """Return the rows in the order of their key; unchanged if the contract has none."""
    return rows.sort_by([(key, "ascending") for key in contract.key]) if contract.key else rows


def local_path(location: str) -> Path:
    """Return the path of a location in a table's metadata."""
    return Path(location.removeprefix("file://"))


def write_data_files(
    metadata: TableMetadata, rows: pa.RecordBatchReader, io: FileIO
) -> Iterator[DataFile]:
    """Write rows as data files of a table; no reader sees them before they are committed."""
    schema = arrow_schema(metadata.schema())
    for chunk in _chunks(rows):
        table = _in_schema(pa.Table.from_batches(chunk), schema)
        for key, part in _partitions(metadata, table):
            partition = key.partition if key else Record()
            yield _write(metadata, partition, [part], io.new_output(_new_location(metadata, key)))


def combine_files(table: Table, files: list[DataFile], footer: Mapping[str, str]) -> DataFile:
    """Write the rows of files of one partition as one data file beside the first; no reader sees it before its commit.

    Args:
        footer: entries for the Parquet file's footer.

    Raises:
        EngineError: a file is missing or damaged.
    """
    metadata = table.metadata
    schema = arrow_schema(metadata.schema()).with_metadata(footer)
    reader = rows_of_files(table, files).scanner().to_reader()
    rows = (_in_schema(pa.Table.from_batches(chunk), schema) for chunk in _chunks(reader))
    folder = files[0].file_path.rpartition("/")[0]
    output = table.io.new_output(f"{folder}/{uuid.uuid4()}.parquet")
    return _write(metadata, files[0].partition, rows, output)


def _in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with the columns of a schema; missing columns are null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def partitions_of(table: Table, rows: ds.Dataset) -> set[Record]:
    """Return the table's partitions of rows."""
    if not rows.files:
        return set()
    schema = table.schema()
    sources = {schema.find_field(field.source_id).name for field in table.spec().fields}
    # The commit may make a column nullable, so its rows may hold null already.
    types = pa.schema([f.with_nullable(True) for f in arrow_schema(schema) if f.name in sources])
    values = rows.to_table(columns=types.names).cast(types)
    return {key.partition for key, _ in _partitions(table.metadata, values) if key}


def _chunks(rows: pa.RecordBatchReader) -> Iterator[list[pa.RecordBatch]]:
    chunk: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        if batch.num_rows:
            chunk.append(batch)
            size += batch.nbytes
        if size >= BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _partitions(
    metadata: TableMetadata, rows: pa.Table
) -> Iterator[tuple[PartitionKey | None, pa.Table]]:
    """Yield the rows of each partition, in their order."""
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
    metadata: TableMetadata, partition: Record, parts: Iterable[pa.Table], output: OutputFile
) -> DataFile:
    """Write rows of one partition as a data file, part by part."""
    with ParquetFormatWriter(output, metadata.schema(), metadata.properties) as writer:
        for rows in parts:
            writer.write(rows)
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=output.location,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=len(output),
        spec_id=metadata.default_spec_id,
        **writer.result().to_serialized_dict(),
    )


def _new_location(metadata: TableMetadata, key: PartitionKey | None) -> str:
    """Return the location of a new data file, in a folder for its partition with a name that fits the disk."""
    places = load_location_provider(metadata.location, metadata.properties)
    name = f"{uuid.uuid4()}.parquet"
    folder = key.to_path() if key else ""
    parts = folder.split("/")
    if len(folder) <= _LONGEST_FOLDER and all(len(part) <= _LONGEST_NAME for part in parts):
        return places.new_data_location(name, key)
    # Iceberg records a file's partition separately, so any path will do.
    short = hashlib.sha256(folder.encode()).hexdigest()[:32]
    return places.new_data_location(f"{short}/{name}")
