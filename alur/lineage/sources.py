"""The sources of a pipeline in a lineage."""

from __future__ import annotations

from alur.contracts.columns import BRONZE_COLUMNS, SOURCE_FILE, Column
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import Source, TableSource

_FILE_NAME = next(column for column in BRONZE_COLUMNS if column.name == SOURCE_FILE)


def name_of(source: Source) -> str:
    """Return the name of a source: ``layer.table``, or the pattern of files."""
    return source.contract.identifier if isinstance(source, TableSource) else source.pattern


def columns_of(source: Source, pipeline: Pipeline) -> tuple[Column, ...]:
    """Return the columns that a pipeline receives from one of its sources."""
    if isinstance(source, TableSource):
        return source.columns
    # Only a bronze table keeps the names of files.
    return (*source.columns, _FILE_NAME) if pipeline.target.layer == "bronze" else source.columns
