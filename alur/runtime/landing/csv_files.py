"""Reads the CSV files of one source as tables of its declared types.

No engine reads the text, so every engine receives the same rows. Arrow, which is fast, splits pieces without a quote
or an escape; from the first of these on, Python's csv module reads the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BufferedReader, BytesIO, TextIOWrapper
from itertools import islice
from typing import IO, BinaryIO, NoReturn, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from alur.errors import Location, SourceError
from alur.pipelines.sources import FileSource
from alur.runtime.landing.arrow_schema import arrow_schema
from alur.runtime.landing.bad_values import BadValue
from alur.runtime.landing.csv_dialect import CsvDialect
from alur.runtime.landing.csv_header import Header, read_header
from alur.runtime.landing.csv_records import CsvRecords, Malformed
from alur.runtime.landing.location import LandingFile
from alur.runtime.landing.text_stream import (
    CHUNK,
    Rest,
    damaged,
    line_that_is_not_utf8,
    open_text,
)
from alur.runtime.landing.text_values import TextFormats, typed
from alur.text import counted

_RECORDS = 50_000
"""The number of records in one Arrow table."""


SMALL = 1 << 15
"""The size in bytes up to which the csv module alone is faster."""


class CsvFiles:
    """The CSV files of one source. The header names the columns, in any order."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._dialect = CsvDialect.of(dict(source.options))
        self._formats = TextFormats.of(dict(source.options))
        self._schema = arrow_schema(source.columns)

    def raw(self, file: LandingFile, notice: Callable[[str], None]) -> Iterator[pa.Table]:
        """Yield the file's declared columns as text, in pieces of bounded size.

        Args:
            notice: receives remarks on the file.

        Raises:
            SourceError: the text breaks a rule; with the line.
            FileChanged: the file was replaced after it was found.
        """
        return _Texts(file, self._source, self._dialect, notice).tables()

    def typed(self, raw: pa.Table) -> pa.Table:
        """Return texts of any files in the declared types.

        Raises:
            BadValue: a text is not a value of its column's type.
        """
        columns = []
        for column in self._source.columns:
            try:
                columns.append(typed(raw[column.name], column.type, self._formats))
            except BadValue as error:
                raise BadValue(error.index, error.shown, column) from None
        return pa.Table.from_arrays(columns, schema=self._schema)

    def place_of(self, file: LandingFile, row: int) -> Location:
        """Return the line of a file's row."""
        return Location(file.shown, self._line_of(file, row))

    def _line_of(self, file: LandingFile, row: int) -> int:
        """Return the line of a row by reading the file again: lines are not counted until an error needs one."""
        with open_text(file) as stream:
            text = TextIOWrapper(cast(BinaryIO, stream), encoding="utf-8", newline="")
            records = CsvRecords(text, self._dialect)
            for _ in islice(records, row + 2):
                pass
            return records.line


@dataclass
class _Texts:
    """The declared columns of one file, as text."""

    file: LandingFile
    source: FileSource
    dialect: CsvDialect
    notice: Callable[[str], None]

    def tables(self) -> Iterator[pa.Table]:
        if self.file.state.size == 0:
            raise SourceError(
                f"{self.file.name} is empty: it has no header",
                where=Location(self.file.shown, 1),
                remedy="deliver it again, or remove it",
            )
        with open_text(self.file) as stream:
            try:
                yield from self._tables(stream)
            except Malformed as error:
                self._refuse(error.line, error.reason, error.remedy)
            except UnicodeDecodeError:
                self._refuse_encoding()
            except (EOFError, OSError) as error:
                raise damaged(self.file, error) from None

    def _tables(self, stream: IO[bytes]) -> Iterator[pa.Table]:
        head = stream.read(CHUNK)
        end = head.find(b"\n") + 1
        if len(head) > SMALL and end and self.dialect.is_plain(head[:end]):
            names = head[:end].decode().rstrip("\r\n").split(self.dialect.separator)
            header = read_header(self._trimmed(names), self.file, self.source, 1, self.notice)
            yield from self._plain(header, head[end:], stream)
            return
        rest = Rest(head, stream)
        records = self._records(rest, 1)
        names = next(iter(records), [])
        header = read_header(
            self._trimmed(names), self.file, self.source, records.line or 1, self.notice
        )
        yield from self._strict(header, records, rest)

    def _trimmed(self, names: list[str]) -> list[str]:
        if self.dialect.skip_blanks:
            names = [name.lstrip(" ") for name in names]
        return [name.rstrip(" ") for name in names] if self.dialect.trim_blanks else names

    def _plain(self, header: Header, pending: bytes, stream: IO[bytes]) -> Iterator[pa.Table]:
        """Yield the rows before the first quote as Arrow splits them, and the rest as the csv module reads them."""
        line = 2
        while True:
            more = stream.read(CHUNK)
            end = pending.rfind(b"\n") + 1 if more else len(pending)
            piece, pending = pending[:end], pending[end:]
            rows = self._split(header, piece) if self.dialect.is_plain(piece) else None
            if rows is None:
                rest = Rest(piece + pending + more, stream)
                yield from self._strict(header, self._records(rest, line), rest)
                return
            if len(rows):
                yield rows
            line += piece.count(b"\n")
            if not more:
                self._note_end(piece[-1:] or b"\n")
                return
            pending += more

    def _split(self, header: Header, piece: bytes) -> pa.Table | None:
        """Return the columns of whole lines; None if their width differs from the header's, or they are not UTF-8."""
        if not piece.strip(b"\r\n"):
            return self._cleaned(
                pa.table({name: pa.array([], pa.string()) for name in header.names})
            )
        try:
            texts = pyarrow.csv.read_csv(
                BytesIO(piece),
                pyarrow.csv.ReadOptions(column_names=header.names, block_size=len(piece) + 1),
                pyarrow.csv.ParseOptions(
                    delimiter=self.dialect.separator,
                    quote_char=False,
                    double_quote=False,
                    escape_char=False,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(header.names, pa.string()),
                    include_columns=header.present,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return self._cleaned(texts)

    def _records(self, rest: Rest, line: int) -> CsvRecords:
        text = TextIOWrapper(BufferedReader(rest, CHUNK), encoding="utf-8", newline="")
        return CsvRecords(text, self.dialect, line)

    def _strict(self, header: Header, records: CsvRecords, rest: Rest) -> Iterator[pa.Table]:
        """Yield the records in tables; each must have the header's width."""
        width = len(header.names)
        batch: list[list[str]] = []
        for record in records:
            if len(record) != width:
                self._refuse_width(len(record), width, records)
            batch.append(record)
            if len(batch) == _RECORDS:
                yield self._table(header, batch)
                batch = []
        if batch:
            yield self._table(header, batch)
        self._note_end(rest.last)

    def _table(self, header: Header, records: list[list[str]]) -> pa.Table:
        columns = list(zip(*records, strict=True))
        arrays = {}
        for name in header.present:
            texts: Iterable[str] = columns[header.names.index(name)]
            if self.dialect.trim_blanks:
                texts = (text.rstrip(" ") for text in texts)
            arrays[name] = pa.array([None if t in self._nulls else t for t in texts], pa.string())
        return self._all_columns(arrays, len(records))

    @cached_property
    def _nulls(self) -> tuple[str, ...]:
        return ("",) if self.dialect.null is None else ("", self.dialect.null)

    def _all_columns(self, given: dict[str, pa.Array], rows: int) -> pa.Table:
        """Return the columns of the source; those missing from the file are null."""
        names = [column.name for column in self.source.columns]
        arrays = [given[name] if name in given else pa.nulls(rows, pa.string()) for name in names]
        return pa.Table.from_arrays(arrays, names)

    def _cleaned(self, texts: pa.Table) -> pa.Table:
        """Return Arrow's texts without blanks, as the dialect asks, and with nulls in place."""
        arrays = {}
        for name in texts.column_names:
            column = texts[name]
            if self.dialect.skip_blanks:
                column = pc.utf8_ltrim(column, " ")
            if self.dialect.trim_blanks:
                column = pc.utf8_rtrim(column, " ")
            arrays[name] = pc.if_else(pc.is_in(column, pa.array(self._nulls)), None, column)
        return self._all_columns(arrays, len(texts))

    def _note_end(self, last: bytes) -> None:
        if last not in (b"\n", b"\r"):
            self.notice(
                "the last line has no line break; if the file was cut short, its last value may be"
            )

    def _refuse_width(self, fields: int, width: int, records: CsvRecords) -> NoReturn:
        line, reach = records.line, records.reach()
        try:
            last = next(iter(records), None) is None
        except Malformed:
            last = False
        torn = "; it is the last line, so the file was probably cut short" if last else ""
        self._refuse(
            line,
            f"{counted(fields, 'field')} where the header has {width}{reach or torn}",
            "deliver the file again, or correct the line",
        )

    def _refuse(self, line: int, reason: str, remedy: str) -> NoReturn:
        raise SourceError(
            f"{self.file.name}: {reason}", where=Location(self.file.shown, line), remedy=remedy
        ) from None

    def _refuse_encoding(self) -> NoReturn:
        with open_text(self.file) as stream:
            line = line_that_is_not_utf8(stream)
        name = self.file.name.rpartition("/")[2]
        raise SourceError(
            f"{self.file.name} is not UTF-8 text",
            where=Location(self.file.shown, line),
            remedy=f"convert it: iconv -f LATIN1 -t UTF-8 {name} (or its real encoding)",
        ) from None
