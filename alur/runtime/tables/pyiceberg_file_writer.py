"""Writes rows to data files.

PyIceberg's own writing turns a null list or map of structs into an empty one
(https://github.com/apache/arrow/issues/38809). The functions here keep rows unchanged.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import ParquetFormatWriter
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record

from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.maintenance_thresholds import FILE_BYTES
from alur.runtime.tables.pyiceberg_data_files import ROWS_AT_ONCE, batches_of, rows_of_files

if TYPE_CHECKING:
    from pyiceberg.io import FileIO, OutputFile
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata

_BYTES_AT_ONCE = 1 << 25
"""The size in memory of the rows held while data files are written; each part of a file is a row group."""

_OPEN_FILES = min(400, getrlimit(RLIMIT_NOFILE)[0] // 2)
"""The number of partitions whose files stay open for further rows; macOS allows a process 256 open files."""

_PAGES = {
    "write.parquet.page-size-bytes": f"{1 << 17}",
    "write.parquet.dict-size-bytes": f"{1 << 17}",
}
"""An open file holds pages and the dictionary of one column: about 4 MB with the default sizes, 1 MB with these."""

_LONGEST_NAME = 255
"""The maximum length of a file's name in bytes (Linux's NAME_MAX); it holds partition values as ASCII."""
_LONGEST_FOLDER = 1_000
"""A length far below the limit of 4,096 bytes for a whole path, even in deep projects."""


def write_data_files(metadata: TableMetadata, staged: Path, io: FileIO) -> list[DataFile]:
    """Write the rows of a folder of Parquet files as data files of a table.

    No reader sees them before they are committed.
    """
    schema = arrow_schema(metadata.schema())
    written: list[DataFile] = []
    open_files: dict[Record, _NewFile] = {}
    for chunk in _chunks(_batches(staged)):
        for key, part in _partitions(metadata, _in_schema(chunk, schema)):
            partition = key.partition if key else Record()
            file = open_files.pop(partition, None) or _NewFile(
                metadata, partition, io.new_output(_new_location(metadata, key))
            )
            file.write(part)
            if file.size >= FILE_BYTES:
                written.append(file.close())
                continue
            open_files[partition] = file
            if len(open_files) > _OPEN_FILES:
                longest_unused = next(iter(open_files))
                written.append(open_files.pop(longest_unused).close())
    return written + [file.close() for file in open_files.values()]


def combine_files(table: Table, files: list[DataFile], footer: Mapping[str, str]) -> DataFile:
    """Write the rows of files of one partition as one data file beside the first; no reader sees it before its commit.

    Args:
        footer: entries for the Parquet file's footer.

    Raises:
        EngineError: a file is missing or damaged.
    """
    schema = arrow_schema(table.schema()).with_metadata(footer)
    folder = files[0].file_path.rpartition("/")[0]
    output = table.io.new_output(f"{folder}/{uuid.uuid4()}.parquet")
    file = _NewFile(table.metadata, files[0].partition, output)
    for chunk in _chunks(batches_of(rows_of_files(table, files))):
        file.write(_in_schema(chunk, schema))
    return file.close()


class _NewFile:
    """A data file of one partition, written part by part."""

    def __init__(self, metadata: TableMetadata, partition: Record, output: OutputFile) -> None:
        self.size = 0
        self._metadata = metadata
        self._partition = partition
        self._output = output
        properties = metadata.properties | _PAGES
        self._writer = ParquetFormatWriter(output, metadata.schema(), properties)

    def write(self, rows: pa.Table) -> None:
        self._writer.write(rows)
        self.size += rows.nbytes

    def close(self) -> DataFile:
        statistics = self._writer.close()
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self._output.location,
            file_format=FileFormat.PARQUET,
            partition=self._partition,
            file_size_in_bytes=len(self._output),
            spec_id=self._metadata.default_spec_id,
            **statistics.to_serialized_dict(),
        )


def partitions_of(table: Table, staged: Path) -> set[Record]:
    """Return the table's partitions of the rows in a folder of Parquet files."""
    schema = table.schema()
    sources = {schema.find_field(field.source_id).name for field in table.spec().fields}
    # The commit may make a column nullable, so its rows may hold null already.
    types = pa.schema([f.with_nullable(True) for f in arrow_schema(schema) if f.name in sources])
    return {
        key.partition
        for chunk in _chunks(_batches(staged, types.names))
        for key, _ in _partitions(table.metadata, _in_schema(chunk, types))
        if key
    }


def _batches(folder: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    # A dataset would read ahead, and its threads would keep memory.
    for path in sorted(folder.rglob("*.parquet")):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(ROWS_AT_ONCE, columns=columns)


def _chunks(rows: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    chunk: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        if batch.num_rows:
            chunk.append(batch)
            size += batch.nbytes
        if size >= _BYTES_AT_ONCE:
            yield pa.Table.from_batches(chunk)
            chunk, size = [], 0
    if chunk:
        yield pa.Table.from_batches(chunk)


def _in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with the columns of a schema; missing columns are null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


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
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in values])
    groups = keys.take(order).group_by(list(values), use_threads=False)
    # A take from many pieces would cost several times as much.
    ordered = rows.combine_chunks().take(order)
    start = 0
    for group in groups.aggregate([([], "count_all")]).to_pylist():
        size = group.pop("count_all")
        yield _key(metadata, list(group.values())), ordered.slice(start, size)
        start += size


def _key(metadata: TableMetadata, values: list[Any]) -> PartitionKey:
    spec = metadata.spec()
    pairs = [PartitionFieldValue(f, v) for f, v in zip(spec.fields, values, strict=True)]
    return PartitionKey(field_values=pairs, partition_spec=spec, schema=metadata.schema())


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
