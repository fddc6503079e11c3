"""Reads landing files into DataFrames of the types that their source declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import SOURCE_FILE
from alur.errors import SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.csv_files import CsvFiles
from alur.runtime.engine_errors import reason
from alur.runtime.landing import Landing, LandingFile
from alur.runtime.parquet_files import ParquetFiles
from alur.runtime.spark_types import spark_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class FilesRead:
    """Landing files as rows.

    Attributes:
        frame: the source's columns, and ``_source_file``.
        rows: how many rows there are.
        names: the files, relative to the landing location.
    """

    frame: DataFrame
    rows: int
    names: tuple[str, ...]


def read_files(
    session: SparkSession,
    source: FileSource,
    landing: Landing,
    taken: set[str],
    notice: Callable[[str], None],
) -> FilesRead:
    """Reads those files of a source that are not ``taken``.

    Raises:
        SourceError: no file matches, or one cannot be read as the source declares it; names the file and the line.
    """
    files = {file.name: file for file in landing.files(source) if file.name not in taken}
    if not files:
        schema = spark_schema(source.columns).add(SOURCE_FILE, T.StringType())
        return FilesRead(session.createDataFrame([], schema), 0, ())
    reader = (CsvFiles if source.format == "csv" else ParquetFiles)(session, source)
    for notices in _inspected(reader, files.values(), landing.readers):
        for text in notices:
            notice(text)
    frames = [
        reader.frame(file).withColumn(SOURCE_FILE, F.lit(name)) for name, file in files.items()
    ]
    return _Reading(source, reader, files).of(frames)


def _inspected(
    reader: CsvFiles | ParquetFiles, files: Iterable[LandingFile], at_once: int
) -> Iterator[list[str]]:
    """The notices on each file, in order, while the next ones are looked into."""
    # Parquet is looked into by the engine, whose sessions are not for several threads.
    if isinstance(reader, ParquetFiles) or at_once == 1:
        yield from map(reader.inspect, files)
        return
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield from pool.map(reader.inspect, files)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class _Reading:
    """One read of some files: the raw rows, checked value by value, then typed."""

    def __init__(
        self, source: FileSource, reader: CsvFiles | ParquetFiles, files: dict[str, LandingFile]
    ) -> None:
        self._source = source
        self._reader = reader
        self._files = files

    def of(self, frames: list[DataFrame]) -> FilesRead:
        """The rows of all files, once every value is known to be of its declared type."""
        raw = union_all(frames)
        self._found = {field.name: field.dataType for field in raw.schema.fields}
        lost = {c.name: self._reader.lost(c, self._found[c.name]) for c in self._source.columns}
        counts = [F.count(F.when(condition, 1)).alias(name) for name, condition in lost.items()]
        try:
            found = raw.agg(F.count(F.lit(1)).alias("_rows"), *counts).collect()[0].asDict()
        except Exception as error:  # each engine has exceptions of its own
            raise self._unreadable(error) from None
        for name, condition in lost.items():
            if found[name]:
                raise self._bad_value(raw.filter(condition), name, found[name])
        typed = (
            self._reader.typed(c, self._found[c.name]).alias(c.name) for c in self._source.columns
        )
        return FilesRead(raw.select(*typed, SOURCE_FILE), found["_rows"], tuple(self._files))

    def _unreadable(self, error: Exception) -> SourceError:
        for file in self._files.values():
            fault = self._reader.find_fault(file)
            if fault:
                return fault
        return SourceError(
            f"files {self._source.pattern!r} cannot be read: {reason(error)}",
            remedy="correct the file that the message names",
        )

    def _bad_value(self, rows: DataFrame, name: str, count: int) -> SourceError:
        column = next(column for column in self._source.columns if column.name == name)
        first = rows.orderBy(SOURCE_FILE).select(F.col(f"`{name}`").cast("string"), SOURCE_FILE)
        value, file_name = first.limit(1).collect()[0]
        file = self._files[file_name]
        more = f" (and {count - 1:,} more such values)" if count > 1 else ""
        return SourceError(
            f"{file.name}: {name} {value!r} is no {column.type}{more}",
            where=self._reader.find_value(file, name, value),
            remedy=f"correct the file, or read {name} as str and convert it in the pipeline",
        )


def union_all(frames: list[DataFrame]) -> DataFrame:
    """All rows of frames with the same columns, as a balanced tree: a chain of thousands is too deep to plan."""
    while len(frames) > 1:
        pairs = [frames[i : i + 2] for i in range(0, len(frames), 2)]
        frames = [pair[0].union(pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
    return frames[0]
