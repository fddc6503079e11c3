"""The formats of landing files, and what reads each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from alur.pipelines.sources import FileFormat, FileSource
from alur.runtime.landing.csv_files import CsvFiles
from alur.runtime.landing.parquet_files import ParquetFiles
from alur.runtime.landing.staged_rows import FormatReader

READERS: Mapping[FileFormat, Callable[[FileSource], FormatReader]] = MappingProxyType(
    {"csv": CsvFiles, "parquet": ParquetFiles}
)
"""Makes the reader of a source's files, by the source's format."""
