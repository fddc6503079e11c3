"""CSV files: looked at before the engine reads them, and once more for the line at fault when it cannot."""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import Column
from alur.errors import Location, SourceError
from alur.pipelines.sources import FileSource
from alur.project.suggestions import did_you_mean
from alur.runtime.casting import cast
from alur.runtime.landing import LandingFile
from alur.runtime.spark_types import spark_type

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

_CHUNK = 1 << 20


_ENGINE_OPTIONS = ("sep", "delimiter", "quote", "escape", "comment")
"""The options left to the engine; Sail passes over the others, so they are applied here, on every engine alike."""


class CsvFiles:
    """The CSV files of one source. Columns are found by their header's names, in any order."""

    def __init__(self, session: SparkSession, source: FileSource) -> None:
        options = dict(source.options)
        self._source = source
        self._options = options
        self._headers: dict[str, list[str]] = {}
        self._reader_options = {key: options[key] for key in _ENGINE_OPTIONS if key in options}
        self._session = session

    def inspect(self, file: LandingFile) -> list[str]:
        """Checks that the file is UTF-8 text with the header that the source declares; returns notices.

        Raises:
            SourceError: it is empty, not UTF-8, or its header lacks a column (or has one too many where the source is
                strict).
        """
        if file.size == 0:
            raise SourceError(
                f"{file.name} is empty: not even a header",
                where=_line(file, 1),
                remedy="deliver it again, or remove it",
            )
        notices = [] if _check_utf8(file) else [_NO_BREAK.format(file.name)]
        try:
            with _text(file) as lines:
                names = next(csv.reader(lines, **self._dialect()), [])
        except csv.Error as error:
            raise SourceError(
                f"{file.name}: the header cannot be read: {error}",
                where=_line(file, 1),
                remedy="correct the file, or the source's options",
            ) from None
        self._headers[file.name] = names
        ignored = _check_header(names, file, self._source)
        if ignored:
            notices.append(f"{file.name}: columns passed over: {', '.join(ignored)}")
        return notices

    def frame(self, file: LandingFile) -> DataFrame:
        """The file's declared columns as text."""
        schema = T.StructType(
            [T.StructField(name, T.StringType()) for name in self._headers[file.name]]
        )
        reader = self._session.read.schema(schema).options(header="true", mode="FAILFAST")
        # Without these a quote doubled within quotes, or a line break there, would split a record on JVM Spark.
        reader = reader.options(escape='"', multiLine="true").options(**self._reader_options)
        frame = reader.csv(file.engine_path())
        return frame.select(*(self._cleaned(column.name) for column in self._source.columns))

    def _cleaned(self, name: str) -> SparkColumn:
        # JVM Spark does this within quotes by itself, Sail does not.
        value = F.replace(F.col(f"`{name}`"), F.lit("\r\n"), F.lit("\n"))
        if self._options.get("ignoreLeadingWhiteSpace") == "true":
            value = F.ltrim(value)
        if self._options.get("ignoreTrailingWhiteSpace") == "true":
            value = F.rtrim(value)
        if "nullValue" in self._options:
            value = F.when(value != self._options["nullValue"], value)
        return value.alias(name)

    def typed(self, column: Column, found: T.DataType) -> SparkColumn:
        """The column as its declared type; null where the text is none of it."""
        value = F.col(f"`{column.name}`")
        if str(column.type) == "date" and "dateFormat" in self._options:
            return F.to_date(value, self._options["dateFormat"])
        if str(column.type) == "timestamp" and "timestampFormat" in self._options:
            return F.to_timestamp(value, self._options["timestampFormat"])
        return cast(column.name, found, spark_type(column.type))

    def lost(self, column: Column, found: T.DataType) -> SparkColumn:
        """Whether there is a text, but none of the declared type."""
        return F.col(f"`{column.name}`").isNotNull() & self.typed(column, found).isNull()

    def find_fault(self, file: LandingFile) -> SourceError | None:
        """The first line whose number of fields is not the header's, as an error; None if there is none."""
        width = len(self._headers[file.name])
        for line, record, last in self._records(file):
            if len(record) != width:
                torn = "; it is the last line, so the file was probably cut short" if last else ""
                return SourceError(
                    f"{file.name}: {len(record)} fields where the header has {width}{torn}",
                    where=_line(file, line),
                    remedy="deliver the file again, or correct the line",
                )
        return None

    def find_value(self, file: LandingFile, column: str, value: str) -> Location:
        """The line of the first record that holds a value in a column; the header's where it is not found."""
        position = self._headers[file.name].index(column)
        for line, record, _ in self._records(file):
            if len(record) > position and record[position].strip() == value.strip():
                return _line(file, line)
        return _line(file, 1)

    def _records(self, file: LandingFile) -> Iterator[tuple[int, list[str], bool]]:
        """Each record below the header: the line it ends on, its fields, and whether it is the last."""
        csv.field_size_limit(sys.maxsize)
        with _text(file) as lines:
            reader = csv.reader(lines, **self._dialect())
            next(reader, None)
            held: tuple[int, list[str]] | None = None
            for record in reader:
                if record:
                    if held:
                        yield (*held, False)
                    held = (reader.line_num, record)
            if held:
                yield (*held, True)

    def _dialect(self) -> dict[str, Any]:
        options = self._options
        escape = options.get("escape", '"')
        return {
            "delimiter": options.get("sep", options.get("delimiter", ",")),
            "quotechar": options.get("quote", '"'),
            "doublequote": escape == options.get("quote", '"'),
            "escapechar": None if escape == options.get("quote", '"') else escape,
        }


_NO_BREAK = "{}: the last line has no line break; if the file was cut short, its last value may be"


def _text(file: LandingFile) -> TextIO:
    return TextIOWrapper(file.open(), encoding="utf-8-sig", newline="")


def _check_utf8(file: LandingFile) -> bool:
    """Raises at the first line that is no UTF-8; says whether the last line ends with a line break."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, last = 1, b""
    with file.open() as stream:
        while chunk := stream.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                # Bytes kept from the chunk before hold no line break.
                before = chunk[: max(error.start, 0)]
                raise _not_utf8(file, lines + before.count(b"\n")) from None
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _not_utf8(file, lines) from None
    return last in (b"\n", b"\r")


def _not_utf8(file: LandingFile, line: int) -> SourceError:
    return SourceError(
        f"{file.name} is not UTF-8 text",
        where=_line(file, line),
        remedy=f"convert it: iconv -f LATIN1 -t UTF-8 {PurePosixPath(file.name).name} (or its real encoding)",
    )


def _check_header(names: list[str], file: LandingFile, source: FileSource) -> tuple[str, ...]:
    wanted = [column.name for column in source.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(
            f"{file.name}: column {twice[0]!r} comes twice in the header",
            where=_line(file, 1),
            remedy="rename or remove one of them in the file",
        )
    missing = [name for name in wanted if name not in names]
    ignored = tuple(name for name in names if name not in wanted)
    if missing:
        shown = ", ".join(map(repr, missing))
        raise SourceError(
            f"{file.name}: no column {shown} in the header",
            where=_line(file, 1),
            remedy=did_you_mean(missing[0], ignored or names, "columns of the file"),
        )
    if ignored and source.strict:
        raise SourceError(
            f"{file.name}: column {ignored[0]!r} is not in the schema, and the source is strict",
            where=_line(file, 1),
            remedy="add it to the schema, or drop strict=True",
        )
    return ignored


def _line(file: LandingFile, number: int) -> Location:
    return Location(file.shown, number)
