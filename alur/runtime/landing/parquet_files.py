"""Reads the Parquet files of one source as tables of its declared types. Each file is converted by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from alur.contracts.columns import Column
from alur.errors import Location, SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.arrow_schema import arrow_schema
from alur.runtime.landing.arrow_values import Inconvertible, converted
from alur.runtime.landing.bad_values import BadValue, bad_value
from alur.runtime.landing.csv_header import check_columns
from alur.runtime.landing.element_wise import refuse_where
from alur.runtime.landing.location import LandingFile

_ROWS = 1 << 16

_DOUBTFUL = [pa.scalar(micros, pa.timestamp("us")) for micros in (2**63 // 1_000, 2**64 // 1_000)]
"""From the end of 64-bit nanoseconds to 584 years after 1970."""


class ParquetFiles:
    """The Parquet files of one source. Columns may come in any order."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._schema = arrow_schema(source.columns)

    def raw(self, file: LandingFile, notice: Callable[[str], None]) -> Iterator[pa.Table]:
        """Yield the file's rows, in the declared types, in pieces of bounded size.

        Args:
            notice: receives remarks on the file.

        Raises:
            SourceError: the file is not Parquet, lacks a column, has a column of an inconvertible type, or a value that
                does not fit.
            FileChanged: the file was replaced after it was found.
        """
        with file.open() as opened:
            try:
                # Spark's old timestamps are read in microseconds, as Spark does; nanoseconds would not cover all years.
                parquet = pq.ParquetFile(opened, coerce_int96_timestamp_unit="us")
                check_columns(
                    parquet.schema_arrow.names, file, self._source, Location(file.shown, 1), notice
                )
                self._check_types(file, parquet.schema_arrow)
                old = _int96_columns(parquet)
                present = [
                    c.name for c in self._source.columns if c.name in parquet.schema_arrow.names
                ]
                for batch in parquet.iter_batches(_ROWS, columns=present, use_threads=True):
                    yield self._table(file, batch, old)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(file, error) from None

    def typed(self, raw: pa.Table) -> pa.Table:
        """Return rows unchanged: the rows of each file are already converted."""
        return raw

    def place_of(self, file: LandingFile, row: int) -> Location:
        """Return the file; Parquet has no lines."""
        return Location(file.shown, 1)

    def _check_types(self, file: LandingFile, schema: pa.Schema) -> None:
        for column in self._source.columns:
            if column.name not in schema.names:
                continue
            type_ = schema.field(column.name).type
            try:
                converted(pa.array([], type_), column.type)
            except Inconvertible:
                raise SourceError(
                    f"{file.name}: column {column.name!r} is {sql_name(type_)}, which cannot become {column.type}",
                    where=Location(file.shown, 1),
                    remedy="change the schema's field, or deliver the file again",
                ) from None

    def _table(self, file: LandingFile, batch: pa.RecordBatch, old: set[str]) -> pa.Table:
        columns = [
            self._column(file, batch, column, is_int96=column.name in old)
            for column in self._source.columns
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _column(
        self, file: LandingFile, batch: pa.RecordBatch, column: Column, *, is_int96: bool
    ) -> pa.Array:
        if column.name not in batch.schema.names:
            return pa.nulls(len(batch), self._schema.field(column.name).type)
        values = batch.column(column.name)
        if is_int96:
            self._refuse_doubtful(file, column, values)
        try:
            return converted(values, column.type)
        except BadValue as error:
            raise bad_value(file, column, error.shown, self.place_of(file, error.index)) from None

    def _refuse_doubtful(self, file: LandingFile, column: Column, values: pa.Array) -> None:
        """Refuse times possibly 584 years too late.

        Some writers store times before 1970 with negative nanoseconds within the day, and readers ignore the sign.
        """
        late = pc.and_(pc.greater_equal(values, _DOUBTFUL[0]), pc.less(values, _DOUBTFUL[1]))
        try:
            refuse_where(late, pc.cast(values, pa.string()))
        except BadValue as error:
            place = self.place_of(file, error.index)
            message = bad_value(file, column, error.shown, place).message
            raise SourceError(
                f"{message}: stored as INT96, it may also mean a time 584 years earlier",
                where=place,
                remedy="deliver the file with timestamps in microseconds instead of INT96",
            ) from None


def _int96_columns(file: pq.ParquetFile) -> set[str]:
    """Return the columns of timestamps in Parquet's obsolete form."""
    columns = (file.schema.column(n) for n in range(len(file.schema)))
    return {column.path for column in columns if column.physical_type == "INT96"}


def _unreadable(file: LandingFile, error: Exception) -> SourceError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return SourceError(
        f"{file.name} is not readable Parquet: {reason}",
        where=Location(file.shown, 1),
        remedy="deliver it again, or remove it",
    )


_SQL_NAMES: dict[str, str] = {
    "int64": "bigint",
    "int32": "int",
    "int16": "smallint",
    "int8": "tinyint",
    "bool": "boolean",
    "date32[day]": "date",
    "large_string": "string",
    "large_binary": "binary",
}


def sql_name(type_: pa.DataType) -> str:
    """Return a type's name in contracts and Spark; without one there, Arrow's name.

    >>> sql_name(pa.list_(pa.int64())), sql_name(pa.time64("us"))
    ('array<bigint>', 'time64[us]')
    """
    if isinstance(type_, pa.DictionaryType):
        return sql_name(cast(Any, type_).value_type)
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"array<{sql_name(type_.value_type)}>"
    if pa.types.is_map(type_):
        return f"map<{sql_name(type_.key_type)},{sql_name(type_.item_type)}>"
    if pa.types.is_struct(type_):
        fields = (type_.field(n) for n in range(type_.num_fields))
        return f"struct<{','.join(f'{field.name}:{sql_name(field.type)}' for field in fields)}>"
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    return _SQL_NAMES.get(str(type_), str(type_))
