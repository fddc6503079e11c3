"""Finds pipelines that would read again what they have read: their tables are the only record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.runtime.tables.provenance import Provenance, RunIdentity

if TYPE_CHECKING:
    from alur.pipelines.pipeline import Pipeline
    from alur.runtime.runtime import Runtime


def is_unchanged(pipeline: Pipeline, runtime: Runtime) -> bool:
    """Return whether a pipeline's sources and code are those of its last run."""
    try:
        return _read_the_same_tables(pipeline, runtime) and not _has_new_files(pipeline, runtime)
    except AlurError:
        # A run meets the same error, and reports it.
        return False


def _read_the_same_tables(pipeline: Pipeline, runtime: Runtime) -> bool:
    state = runtime.warehouse.state(pipeline.target)
    last = state.last_run if state else None
    snapshots = {
        source.identifier: present.snapshot.id
        for source in pipeline.table_sources.values()
        if (present := runtime.warehouse.state(source)) and present.snapshot
    }
    next_run = RunIdentity("", pipeline.name, runtime.code_version)
    return last is not None and last.is_repeated_by(Provenance(next_run, snapshots))


def _has_new_files(pipeline: Pipeline, runtime: Runtime) -> bool:
    """Return whether a run may find files that its target lacks; in a mode that reads all files each time, it may."""
    if not pipeline.file_sources:
        return False
    if not pipeline.takes_each_file_once:
        return True
    sources = pipeline.file_sources.values()
    names = {file.name for source in sources for file in runtime.landing.files(source)}
    return names != runtime.warehouse.taken_files(pipeline.target, names).keys()
