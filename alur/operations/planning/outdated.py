"""Finds pipelines whose rows come from earlier meanings of the pipelines before them.

A table is up to date with the project if its last run meant what its pipeline means now, and if each snapshot that the
run read was up to date in the same way. Newer rows of a source do not matter: those are the schedules' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.errors import AlurError
from alur.lineage.fingerprints import PlanFingerprint
from alur.operations.change_plan import Difference
from alur.operations.planning.spreading import Facts, everything, passed_on
from alur.operations.planning.tables import States
from alur.runtime.tables.provenance import meaning_of

if TYPE_CHECKING:
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project
    from alur.runtime.tables.provenance import Provenance
    from alur.runtime.tables.state import TableState


@dataclass(frozen=True, slots=True)
class OtherMeaning:
    """How the meaning of a run differs from that of its pipeline now.

    Attributes:
        unknown: why it is not known; the difference is then all that it can be.
    """

    difference: Difference
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Outdated:
    """How rows of a source that a run has read differ from those that the source's pipeline would write now.

    Attributes:
        changed: the pipelines that meant something else.
        unknown: why the difference is not known, and so all that it can be.
    """

    difference: Difference
    changed: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def other_meaning(
    pipeline: Pipeline,
    run: Provenance,
    columns: tuple[str, ...],
    facts: Facts,
    code_version: str,
) -> OtherMeaning | None:
    """Return how a run of the past differs from the pipeline's next one, apart from its sources; None if it does not.

    Args:
        columns: those of the table after that run.
        facts: by pipeline; those that are not known are missing.
        code_version: of the project now.
    """
    known, last = facts.get(pipeline.name), run.run
    is_same_pipeline = last.pipeline == pipeline.name
    if is_same_pipeline and last.code_version == code_version:
        return None
    whole = everything(pipeline.target)
    if known is None or not last.plan:
        reason = "its last run has not recorded what it meant"
        return OtherMeaning(whole, reason if is_same_pipeline else _written_by(last.pipeline))
    names = (column.name for column in pipeline.target.columns)
    changed = known.meaning.changed_columns(PlanFingerprint.parse(last.plan), names, columns)
    if changed is not None and not changed:
        return None
    if not is_same_pipeline:
        return OtherMeaning(whole, _written_by(last.pipeline))
    return OtherMeaning(whole if changed is None else Difference(tuple(sorted(changed))))


def _written_by(pipeline: str) -> str:
    return f"the pipeline {pipeline} has written the table"


class OutdatedSources:
    """Compares what runs have read with what the present project would write; each snapshot only once."""

    def __init__(self, project: Project, states: States, facts: Facts, code_version: str) -> None:
        self._writers = {pipeline.target.identifier: pipeline for pipeline in project.pipelines}
        self._states = states
        self._facts = facts
        self._code_version = code_version
        self._meanings: dict[str, str | None] = {}
        self._snapshots: dict[tuple[str, int], Outdated | None] = {}
        ordered = [project.pipeline(name) for name in project.graph.order()]
        for pipeline in ordered:
            self._meanings[pipeline.name] = self._meaning(pipeline)
        needed = self._needed(ordered)
        # In this order no question goes deeper than to the tables before.
        for pipeline in ordered:
            table = pipeline.target.identifier
            for snapshot in needed.get(table, ()):
                self._snapshots[table, snapshot] = self._snapshot(pipeline, snapshot)

    def of_last_run(self, pipeline: Pipeline) -> dict[str, Outdated]:
        """Return what was outdated in the sources that a pipeline last read, by ``layer.table``."""
        state = self._state(pipeline)
        run = state.last_run if state else None
        return dict(self._read_by(pipeline, run)) if run else {}

    def _needed(self, pipelines: Iterable[Pipeline]) -> dict[str, set[int]]:
        """Return the snapshots behind the last runs of pipelines, as far as they remain, by ``layer.table``."""
        states = ((pipeline, self._state(pipeline)) for pipeline in pipelines)
        runs = [(pipeline, state.last_run) for pipeline, state in states if state]
        needed: dict[str, set[int]] = {}
        while runs:
            pipeline, run = runs.pop()
            for writer in self._before(pipeline) if run else ():
                table, state = writer.target.identifier, self._state(writer)
                snapshot = run.snapshots_read.get(table) if run else None
                seen = needed.setdefault(table, set())
                if state and snapshot in state.snapshots.keys() - seen:
                    assert snapshot is not None, "no snapshot has this id"
                    seen.add(snapshot)
                    runs.append((writer, state.run_of(snapshot)))
        return needed

    def _state(self, pipeline: Pipeline) -> TableState | None:
        state = self._states.get(pipeline.target.identifier)
        return None if isinstance(state, AlurError) else state

    def _read_by(self, pipeline: Pipeline, run: Provenance) -> Iterator[tuple[str, Outdated]]:
        for writer in self._before(pipeline):
            outdated = self._read(pipeline, writer, run)
            if outdated:
                yield writer.target.identifier, outdated

    def _read(self, pipeline: Pipeline, writer: Pipeline, run: Provenance) -> Outdated | None:
        """Return what was outdated in the rows that a run of a pipeline read of another one."""
        table = writer.target.identifier
        state, meaning = self._state(writer), self._meanings[writer.name]
        if state is None:
            return Outdated(everything(writer.target), frozenset([writer.name]))
        if meaning and run.meanings_read.get(table) == meaning:
            return None
        snapshot = run.snapshots_read.get(table)
        if snapshot is None:
            # A run with other sources meant something else, which is no news of this source.
            reason = f"{pipeline.name} has not recorded which rows of {table} it read"
            return self._unknown(writer, reason) if self._means_the_same(pipeline, run) else None
        if snapshot not in state.snapshots:
            reason = f"{pipeline.name} read a snapshot of {table} that has expired"
            return self._unknown(writer, reason)
        return self._snapshots[table, snapshot]

    def _snapshot(self, writer: Pipeline, snapshot: int) -> Outdated | None:
        """Return how the rows of a snapshot differ from those that its pipeline would write now from the same data."""
        table, state = writer.target.identifier, self._state(writer)
        assert state is not None, "only read tables have snapshots"
        run = state.run_of(snapshot)
        if run is None:
            return self._unknown(writer, f"an earlier snapshot of {table} has no record of its run")
        columns = state.column_names.get(state.snapshots[snapshot].schema_id or 0, ())
        own = other_meaning(writer, run, columns, self._facts, self._code_version)
        read = dict(self._read_by(writer, run))
        differences = {table: outdated.difference for table, outdated in read.items()}
        passed = passed_on(writer, self._facts.get(writer.name), differences)
        found = passed.union(own.difference) if own else passed
        if not found.is_any:
            return None
        changed = frozenset([writer.name]) if own else frozenset()
        return Outdated(
            found,
            changed.union(*(outdated.changed for outdated in read.values())),
            frozenset[str]().union(*(outdated.unknown for outdated in read.values())),
        )

    def _unknown(self, writer: Pipeline, reason: str) -> Outdated:
        return Outdated(everything(writer.target), unknown=frozenset([reason]))

    def _before(self, pipeline: Pipeline) -> Iterator[Pipeline]:
        for source in pipeline.table_sources.values():
            if writer := self._writers.get(source.identifier):
                yield writer

    def _meaning(self, pipeline: Pipeline) -> str | None:
        """Return what a run of now would record for itself; None if that is not known, or rows have been lost."""
        known = self._facts.get(pipeline.name)
        read = {w.target.identifier: self._meanings[w.name] for w in self._before(pipeline)}
        if known is None or None in read.values() or self._state(pipeline) is None:
            return None
        return meaning_of(str(known.meaning), {t: m for t, m in read.items() if m})

    def _means_the_same(self, pipeline: Pipeline, run: Provenance) -> bool:
        known = self._facts.get(pipeline.name)
        whole = (run.run.plan or "").partition(".")[0]
        return known is not None and known.fingerprint == whole
