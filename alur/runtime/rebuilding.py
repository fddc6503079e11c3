"""Guards a table that is to be made anew: rows of landing files that have gone cannot be made again."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from alur.contracts.columns import SOURCE_FILE
from alur.errors import SourceError
from alur.runtime.landing.intake import named
from alur.runtime.tables.merging import files_of

if TYPE_CHECKING:
    from alur.pipelines.pipeline import Pipeline
    from alur.runtime.tables.warehouse import TableWriter


def refuse_lost_files(pipeline: Pipeline, writer: TableWriter, present: Set[str]) -> None:
    """Refuse to replace rows whose landing files are not there any more.

    Args:
        present: the names of the landing files.

    Raises:
        SourceError: some files are gone.
    """
    if not pipeline.file_sources or pipeline.target.column(SOURCE_FILE) is None:
        return
    existing = writer.existing()
    taken = (
        files_of(existing.filter(f"{SOURCE_FILE} IS NOT NULL")) if existing is not None else set()
    )
    if gone := sorted(taken - present):
        raise SourceError(
            f"{named(gone)}: no longer in the landing location, but {pipeline.target.identifier} has their rows",
            where=pipeline.location,
            remedy="put the files back: without them, the rows would be lost",
        )
