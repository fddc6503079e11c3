"""Stages rows of landing files for the engine, in Parquet files of a bounded size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alur.contracts.columns import SOURCE_FILE, Column
from alur.errors import Location
from alur.runtime.landing.arrow_schema import arrow_schema
from alur.runtime.landing.bad_values import BadValue, bad_value
from alur.runtime.landing.location import LandingFile

if TYPE_CHECKING:
    from types import TracebackType

    from alur.runtime.landing.staged_folder import StagedFolder

_HELD_BYTES = 1 << 25
_HELD_TABLES = 2_000
_FILE_BYTES = 1 << 28
"""The size in memory, in bytes, of the rows in one file; engines read several files at once."""


class FormatReader(Protocol):
    """A reader of files of one format."""

    def raw(self, file: LandingFile, notice: Callable[[str], None]) -> Iterator[pa.Table]:
        """Yield a file's rows, with the source's columns in the reader's own types."""

    def typed(self, raw: pa.Table) -> pa.Table:
        """Return rows of any files in the declared types.

        Raises:
            BadValue: a value does not fit its column.
        """

    def place_of(self, file: LandingFile, row: int) -> Location:
        """Return the place of a file's row."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows without declared types yet, and the index of the first one in its file."""

    file: LandingFile
    first: int
    rows: pa.Table


class StagedRows:
    """Types rows of landing files, many files at once, and writes them with their ``_source_file``.

    Attributes:
        rows: the number of rows, by the landing file's name.
        changed: the names of files with a bad value that proved to be still changing.
    """

    def __init__(
        self, columns: Sequence[Column], reader: FormatReader, folder: StagedFolder
    ) -> None:
        self.rows: Counter[str] = Counter()
        self.changed: set[str] = set()
        self._schema = arrow_schema(columns).append(pa.field(SOURCE_FILE, pa.string()))
        self._reader = reader
        self._folder = folder
        self._held: list[_Held] = []
        self._held_bytes = self._file_bytes = 0
        self._writer: pq.ParquetWriter | None = None
        self._open = ExitStack()

    def __enter__(self) -> StagedRows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        # An open file receives the error, and is then discarded.
        self._open.__exit__(kind, error, trace)

    def add(self, file: LandingFile, notice: Callable[[str], None]) -> None:
        """Add the rows of a file.

        Raises:
            SourceError: this file, or one before it, cannot be read as declared.
            FileChanged: the file was replaced after it was found.
        """
        for rows in self._reader.raw(file, notice):
            self._held.append(_Held(file, self.rows[file.name], rows))
            self.rows[file.name] += len(rows)
            self._held_bytes += rows.nbytes
            if self._held_bytes >= _HELD_BYTES or len(self._held) >= _HELD_TABLES:
                self._flush()

    def _flush(self) -> None:
        rows = self._typed()
        if rows is None:
            return
        if self._writer is None:
            file = self._open.enter_context(self._folder.new_file())
            self._writer = self._open.enter_context(_writer(file, self._schema))
        self._writer.write_table(rows)
        self._file_bytes += self._held_bytes
        self._held, self._held_bytes = [], 0
        if self._file_bytes >= _FILE_BYTES:
            self._open.close()
            self._writer, self._file_bytes = None, 0

    def _typed(self) -> pa.Table | None:
        """Return the held rows in their declared types; None if there are none."""
        while self._held:
            try:
                typed = self._reader.typed(pa.concat_tables([held.rows for held in self._held]))
            except BadValue as error:
                self._leave_or_refuse(error)
            else:
                names = [held.file.name for held in self._held]
                counts = np.array([len(held.rows) for held in self._held])
                column = pa.array(names, pa.string()).take(np.repeat(np.arange(len(names)), counts))
                return typed.append_column(SOURCE_FILE, column).combine_chunks()
        return None

    def _leave_or_refuse(self, error: BadValue) -> None:
        """Leave out a file that is still being written; raise the error of an unchanged one."""
        index = error.index
        for held in self._held:
            if index < len(held.rows):
                break
            index -= len(held.rows)
        assert error.column is not None, "the reader knows which column it converts"
        if not held.file.has_changed():
            place = self._reader.place_of(held.file, held.first + index)
            raise bad_value(held.file, error.column, error.shown, place) from None
        self.changed.add(held.file.name)
        self._held = [other for other in self._held if other.file is not held.file]


def _writer(file: object, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        schema,
        compression="snappy",
        # Parquet's statistics leave NaN out, and with Arrow's own schema each engine would read other types.
        write_statistics=False,
        store_schema=False,
    )
