"""Rows of landing files on their way to the engine: Parquet files of a bounded size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from alur.contracts.columns import SOURCE_FILE, Column
from alur.runtime.landing.arrow_schema import arrow_schema

if TYPE_CHECKING:
    from types import TracebackType

    from alur.runtime.warehouse import StagedFolder

_HELD_BYTES = 1 << 25
_HELD_TABLES = 2_000
_FILE_BYTES = 1 << 28
"""Bytes in memory of the rows in one file; engines read several at once."""


class StagedRows:
    """Writes tables of landing files, with their ``_source_file``, into a folder.

    Attributes:
        rows: how many, by the landing file's name.
    """

    def __init__(self, columns: Sequence[Column], folder: StagedFolder) -> None:
        self.rows: Counter[str] = Counter()
        self._schema = arrow_schema(columns).append(pa.field(SOURCE_FILE, pa.string()))
        self._folder = folder
        self._held: list[pa.Table] = []
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
        # An open file hears of the error, and is then not put where it would be read.
        self._open.__exit__(kind, error, trace)

    def add(self, name: str, rows: pa.Table) -> None:
        """Add rows of the landing file of that name."""
        self.rows[name] += len(rows)
        names = pa.DictionaryArray.from_arrays(
            pa.repeat(pa.scalar(0, pa.int8()), len(rows)), [name]
        )
        self._held.append(rows.append_column(SOURCE_FILE, names.dictionary_decode()))
        self._held_bytes += rows.nbytes
        if self._held_bytes >= _HELD_BYTES or len(self._held) >= _HELD_TABLES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        if self._writer is None:
            file = self._open.enter_context(self._folder.new_file())
            self._writer = self._open.enter_context(_writer(file, self._schema))
        self._writer.write_table(pa.concat_tables(self._held).combine_chunks())
        self._file_bytes += self._held_bytes
        self._held, self._held_bytes = [], 0
        if self._file_bytes >= _FILE_BYTES:
            self._open.close()
            self._writer, self._file_bytes = None, 0


def _writer(file: object, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        schema,
        compression="snappy",
        # Parquet's statistics leave NaN out, and Arrow's own schema would have each engine read other types.
        write_statistics=False,
        store_schema=False,
    )
