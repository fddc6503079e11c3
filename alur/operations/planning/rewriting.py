"""Counts the rows that the next runs write again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.operations.change_plan import Effect, RewrittenTable
from alur.operations.planning.tables import States
from alur.pipelines.modes import Rows

if TYPE_CHECKING:
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project
    from alur.runtime.tables.state import TableState


def rewritten_tables(
    project: Project, states: States, effects: Mapping[str, Effect], to_run: Iterable[str]
) -> Iterator[RewrittenTable]:
    """Yield the tables with rows that runs write again.

    Args:
        effects: what the run does to the tables that differ from their contracts, by ``layer.table``.
        to_run: the pipelines that run.
    """
    for name in to_run:
        pipeline = project.pipeline(name)
        state = states.get(pipeline.target.identifier)
        if state is None or isinstance(state, AlurError) or not state.snapshot:
            continue
        if state.snapshot.total and _rewrites(pipeline, effects.get(pipeline.target.identifier)):
            yield _rewritten(pipeline, state, effects.get(pipeline.target.identifier))


def _rewrites(pipeline: Pipeline, effect: Effect | None) -> bool:
    """Return whether a run writes present rows again; an append leaves their files."""
    if effect in ("refused", "allowed"):
        return False
    return effect in ("rewrite", "replace") or pipeline.write_mode.keeps is not Rows.ALL


def _rewritten(pipeline: Pipeline, state: TableState, effect: Effect | None) -> RewrittenTable:
    assert state.snapshot is not None, "only written tables have rows"
    size = state.snapshot.summary.get("total-files-size")
    return RewrittenTable(
        pipeline.target.identifier,
        pipeline.name,
        state.snapshot.total,
        int(size) if size is not None else None,
        at_most=effect not in ("rewrite", "replace") and pipeline.write_mode.keeps is not Rows.NONE,
    )
