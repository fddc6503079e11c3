"""Parquet files: their own schema says what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import Column
from alur.errors import Location, SourceError
from alur.pipelines.sources import FileSource
from alur.project.suggestions import did_you_mean
from alur.runtime.casting import cast, castable, loses_values, lost_value
from alur.runtime.engine_errors import reason
from alur.runtime.landing import LandingFile
from alur.runtime.spark_types import spark_type

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession


class ParquetFiles:
    """The Parquet files of one source. Columns are found by name, in any order."""

    def __init__(self, session: SparkSession, source: FileSource) -> None:
        self._session = session
        self._source = source

    def inspect(self, file: LandingFile) -> list[str]:
        """Checks that the file is Parquet with the columns that the source declares; returns notices.

        Raises:
            SourceError: it is no Parquet, lacks a column, has one of a type that cannot become the declared one, or
                one too many where the source is strict.
        """
        where = Location(file.shown, 1)
        try:
            found = {field.name: field.dataType for field in self._open(file).schema.fields}
        except Exception as error:  # each engine has exceptions of its own
            raise SourceError(
                f"{file.name} is no Parquet that can be read: {reason(error)}",
                where=where,
                remedy="deliver it again, or remove it",
            ) from None
        for column in self._source.columns:
            if column.name not in found:
                raise SourceError(
                    f"{file.name}: no column {column.name!r}",
                    where=where,
                    remedy=did_you_mean(column.name, found, "columns of the file"),
                )
            if not castable(found[column.name], spark_type(column.type)):
                raise SourceError(
                    f"{file.name}: column {column.name!r} is "
                    f"{found[column.name].simpleString()}, which cannot become {column.type}",
                    where=where,
                    remedy="change the schema's field, or deliver the file again",
                )
        wanted = {column.name for column in self._source.columns}
        ignored = [name for name in found if name not in wanted]
        if ignored and self._source.strict:
            raise SourceError(
                f"{file.name}: column {ignored[0]!r} is not in the schema, and the source is strict",
                where=where,
                remedy="add it to the schema, or drop strict=True",
            )
        return [f"{file.name}: columns passed over: {', '.join(ignored)}"] if ignored else []

    def frame(self, file: LandingFile) -> DataFrame:
        """The file's declared columns, in its own types."""
        return self._open(file).select(*(f"`{column.name}`" for column in self._source.columns))

    def typed(self, column: Column, found: T.DataType) -> SparkColumn:
        """The column as its declared type; null where a value does not fit."""
        return cast(column.name, found, spark_type(column.type))

    def lost(self, column: Column, found: T.DataType) -> SparkColumn:
        """Whether there is a value that the declared type cannot carry."""
        target = spark_type(column.type)
        if not loses_values(found, target):
            return F.lit(False)
        return lost_value(column.name, found, target).isNotNull()

    def find_fault(self, file: LandingFile) -> SourceError | None:
        """None: what is wrong within a Parquet file only the engine can say."""
        return None

    def find_value(self, file: LandingFile, column: str, value: str) -> Location:
        """The file; a Parquet file has no lines."""
        return Location(file.shown, 1)

    def _open(self, file: LandingFile) -> DataFrame:
        return self._session.read.parquet(file.engine_path())
