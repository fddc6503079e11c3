"""Compares what pipelines mean now with what they meant in their last runs, and follows the differences downstream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.lineage.fingerprints import PlanFingerprint
from alur.operations.change_plan import Affected, Difference, Meaning, PipelineChange
from alur.operations.planning.spreading import Facts, downstream, everything
from alur.operations.planning.tables import States
from alur.runtime.tables.provenance import Provenance

if TYPE_CHECKING:
    from alur.contracts.contract import Contract
    from alur.lineage.facts import PlanFacts
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project
    from alur.runtime.tables.state import TableState


def pipeline_changes(
    project: Project, states: States, facts: Facts, code_version: str
) -> tuple[tuple[PipelineChange, ...], tuple[str, ...]]:
    """Return the pipelines with another meaning than in their last run, and those with other code and the same meaning.

    Args:
        facts: by pipeline; those that are not known are missing.
        code_version: of the project now.
    """
    changed, same = [], []
    for name in project.graph.order():
        pipeline = project.pipeline(name)
        state = states.get(pipeline.target.identifier)
        if isinstance(state, AlurError):
            continue
        change = _change(pipeline, state, facts.get(name), code_version)
        if change is not None:
            changed.append(change)
        elif state and state.last_run and state.last_run.run.code_version != code_version:
            same.append(name)
    return tuple(changed), tuple(same)


def _change(
    pipeline: Pipeline, state: TableState | None, facts: PlanFacts | None, code_version: str
) -> PipelineChange | None:
    target = pipeline.target

    def change(
        meaning: Meaning, because: str = "", difference: Difference | None = None
    ) -> PipelineChange:
        differs = difference or everything(target)
        return PipelineChange(
            pipeline.name, target.identifier, pipeline.mode, meaning, differs, because
        )

    if state is None or state.snapshot is None:
        return change("new")
    last = state.last_run
    if last is None:
        return change("unknown", "another program has changed the table since its last run")
    if last.run.pipeline != pipeline.name:
        return change("unknown", f"the pipeline {last.run.pipeline} has written the table")
    if last.run.code_version == code_version:
        return None
    if facts is None or not last.run.plan:
        return change("unknown", "its last run has not recorded what it meant")
    before = PlanFingerprint.parse(last.run.plan)
    columns = facts.meaning.changed_columns(
        before, (c.name for c in target.columns), (c.name for c in state.columns)
    )
    if columns is None:
        return change("changed")
    return change("changed", difference=Difference(tuple(sorted(columns)))) if columns else None


def affected_pipelines(
    project: Project, states: States, facts: Facts, changes: tuple[PipelineChange, ...]
) -> tuple[Affected, ...]:
    """Return the pipelines downstream of changed ones whose tables will differ, with the columns that will.

    Those that have not run since a pipeline before them has run with another meaning are among them.
    """
    return tuple(
        downstream(
            project,
            facts,
            {change.table: change.difference for change in changes},
            {p.name: dict(_read_before(p, states)) for p in project.pipelines},
        )
    )


def _read_before(pipeline: Pipeline, states: States) -> Iterator[tuple[str, Difference]]:
    """Yield the sources that meant something else when a pipeline last read them, with what differs."""
    state = states.get(pipeline.target.identifier)
    last = None if isinstance(state, AlurError) or state is None else state.last_run
    if last is None:
        return
    for source in pipeline.table_sources.values():
        present = states.get(source.identifier)
        read = last.snapshots_read.get(source.identifier)
        if isinstance(present, AlurError) or present is None or read not in present.snapshots:
            continue
        if present.snapshot and present.snapshot.id == read:
            # A run with another meaning may have found these rows in place.
            continue
        then, now = Provenance.parse(present.snapshots[read].summary), present.last_run
        if then and now and then.run.plan and now.run.plan:
            yield source.identifier, _between(source, then.run.plan, now.run.plan)


def _between(source: Contract, then: str, now: str) -> Difference:
    """Return what differs in a table between two fingerprints of the pipeline that writes it."""
    names = [column.name for column in source.columns]
    before = PlanFingerprint.parse(then)
    columns = PlanFingerprint.parse(now).changed_columns(before, names, names)
    return everything(source) if columns is None else Difference(tuple(sorted(columns)))
