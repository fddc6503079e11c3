"""The records of a CSV text, each with the number of its first line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from alur.runtime.landing.csv_dialect import CsvDialect

LONGEST_VALUE = 1 << 27
"""The maximum of a record's characters: an unclosed quote must not load a whole file into memory."""


class Malformed(Exception):
    """A malformed record: the problem and the remedy."""

    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.remedy = remedy


class CsvRecords:
    r"""An iterator over records, without blank lines.

    Attributes:
        line: the first line of the latest record, counted from 1.
        last_line: its last line.

    >>> records = CsvRecords(["id,note\n", "1,\"two\n", "lines\"\n"], CsvDialect.of({}))
    >>> [(record, records.line) for record in records]
    [(['id', 'note'], 1), (['1', 'two\nlines'], 2)]
    """

    def __init__(self, lines: Iterable[str], dialect: CsvDialect, first_line: int = 1) -> None:
        csv.field_size_limit(LONGEST_VALUE)
        self.line = self.last_line = first_line - 1
        self._before = first_line - 1
        self._dialect = dialect
        self._within_record = False
        if dialect.comment or dialect.escape:
            lines = self._prepared(iter(lines))
        self._reader = csv.reader(lines, **dialect.arguments)

    def _prepared(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if not self._within_record and self._is_comment(line):
                self._before += 1
                continue
            self._within_record = True
            yield self._dialect.prepared(line)

    def _is_comment(self, line: str) -> bool:
        return self._dialect.comment is not None and line.startswith(self._dialect.comment)

    def __iter__(self) -> Iterator[list[str]]:
        reader = self._reader
        while True:
            self._within_record = False
            read = reader.line_num
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._place(read)
                raise self._malformed(str(error)) from None
            if record:
                self._place(read)
                yield record

    def _place(self, read: int) -> None:
        self.line = self._before + read + 1
        self.last_line = self._before + self._reader.line_num

    def _malformed(self, error: str) -> Malformed:
        doubled = self._dialect.quote * 2
        if "unexpected end of data" in error:
            return Malformed(
                self.line,
                "a quote in the record on this line is never closed",
                f"close it, or write {doubled} for a quote that is part of a value",
            )
        if "field larger than field limit" in error:
            return Malformed(
                self.line,
                f"a value has more than {LONGEST_VALUE:,} characters: a quote may not be closed",
                "close the quote",
            )
        return Malformed(
            self.line,
            f"text after a closing quote{self.reach()}",
            f"write {doubled} for a quote that is part of a value, or name the file's escape character: "
            'options={"escape": "\\\\"}',
        )

    def reach(self) -> str:
        """Return a clause on the last line of a multi-line record; empty for a record of one line."""
        if self.last_line <= self.line:
            return ""
        return f"; a quote opened on line {self.line} reaches to line {self.last_line}"
