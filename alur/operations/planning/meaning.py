"""Compares what pipelines mean now with what they meant in their last runs, and follows the differences downstream."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.operations.change_plan import Affected, Difference, Meaning, PipelineChange
from alur.operations.planning.outdated import Outdated, OutdatedSources, other_meaning
from alur.operations.planning.spreading import Facts, everything, passed_on
from alur.operations.planning.tables import States
from alur.text import enumerated

if TYPE_CHECKING:
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
        change = _change(pipeline, state, facts, code_version)
        if change is not None:
            changed.append(change)
        elif state and state.last_run and state.last_run.run.code_version != code_version:
            same.append(name)
    return tuple(changed), tuple(same)


def _change(
    pipeline: Pipeline, state: TableState | None, facts: Facts, code_version: str
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
    columns = tuple(column.name for column in state.columns)
    other = other_meaning(pipeline, last, columns, facts, code_version)
    if other is None:
        return None
    return change("unknown" if other.unknown else "changed", other.unknown, other.difference)


def affected_pipelines(
    project: Project,
    states: States,
    facts: Facts,
    changes: tuple[PipelineChange, ...],
    code_version: str,
) -> tuple[Affected, ...]:
    """Return the pipelines downstream of changed ones whose tables will differ, with the columns that will.

    A pipeline stays among them until it has read rows in which each change before it is.

    Args:
        code_version: of the project now.
    """
    sources = OutdatedSources(project, states, facts, code_version)
    return tuple(_affected(project, facts, changes, sources))


def _affected(
    project: Project,
    facts: Facts,
    changes: tuple[PipelineChange, ...],
    sources: OutdatedSources,
) -> Iterator[Affected]:
    own = {change.pipeline: change.difference for change in changes}
    listed = set(own)
    for name in project.graph.order():
        pipeline = project.pipeline(name)
        read = sources.of_last_run(pipeline)
        read_differences = {table: outdated.difference for table, outdated in read.items()}
        before = own.get(name, Difference())
        difference = before.union(passed_on(pipeline, facts.get(name), read_differences))
        if difference != before:
            listed.add(name)
            because = tuple(_because(read.values(), listed))
            yield Affected(name, pipeline.target.identifier, difference, because)


def _because(read: Iterable[Outdated], listed: Collection[str]) -> Iterator[str]:
    """Yield why a pipeline needs a run, as far as the pipelines listed before it do not show it."""
    outdated = list(read)
    changed = sorted({name for one in outdated for name in one.changed} - set(listed))
    if changed:
        yield f"its last run read rows from before {enumerated(changed)} changed"
    yield from sorted({reason for one in outdated for reason in one.unknown})
