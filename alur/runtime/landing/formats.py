"""The formats of landing files, and their readers."""

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
"""The reader for each format of sources."""
