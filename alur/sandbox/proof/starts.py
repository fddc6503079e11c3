"""What makes the pipelines of a project run, in which order it can, and whether it did the same on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alur.naming import Names
from alur.project.project import Project
from alur.sandbox.workflow_following import JobOutcome


@dataclass(frozen=True, slots=True)
class Start:
    """Something that makes pipelines run.

    Attributes:
        rule: the schedule's rule; None where a job is started by itself, because no schedule that is on starts it.
        scope: the pipelines that are to run.
    """

    pipeline: str
    rule: str | None
    scope: frozenset[str]

    @property
    def title(self) -> str:
        """What it is called in the report."""
        return self.rule or f"job of {self.pipeline}"


@dataclass(frozen=True, slots=True)
class StartComparison:
    """What came of one start, on both sides.

    Attributes:
        edges: how many edges of the graph were kept to.
        differences: in words; none if both sides did the same, and did it well.
    """

    start: Start
    edges: int
    differences: tuple[str, ...]


def plan_starts(project: Project, names: Names) -> list[Start]:
    """Return all schedules that are on, each once and not before what it reads is there; then whatever no schedule starts.

    A pipeline outside a schedule's scope is not waited for, so its table must be there before.
    """
    waiting = [
        Start(
            pipeline.name,
            names.schedule(pipeline.name, position),
            frozenset(project.graph.scoped(pipeline.name, schedule.scope)),
        )
        for pipeline, position, schedule in project.schedules
        if schedule.enabled
    ]
    order = project.graph.order()
    done: set[str] = set()
    starts: list[Start] = []
    while waiting or done < set(order):
        ready = (start for start in waiting if _outside(project, start.scope) <= done)
        start = next(ready, None)
        if start is None:
            name = next(name for name in order if name not in done)
            start = Start(name, None, frozenset({name}))
        else:
            waiting.remove(start)
        starts.append(start)
        done |= start.scope
    return starts


def _outside(project: Project, scope: Iterable[str]) -> set[str]:
    """What pipelines read that others, outside their scope, write."""
    scope = set(scope)
    return {parent for name in scope for parent in project.graph.parents[name]} - scope


def compare_start(
    project: Project,
    names: Names,
    start: Start,
    runs: Sequence[JobOutcome],
    here: Mapping[str, str],
) -> StartComparison:
    """Return what came of a start.

    Args:
        runs: every attempt of every job in the sandbox, in the order of their starts.
        here: the states of the pipelines on this machine.
    """
    pipelines = {run.job: names.pipeline_of(run.job) or run.job for run in runs}
    last = {pipelines[run.job]: run for run in runs}
    differences = [
        f"{name} ran, and is not in its scope" for name in last if name not in start.scope
    ]
    differences += [
        f"{pipelines[run.job]}: an attempt in the sandbox {_end(run)}"
        for run in runs
        if run not in last.values()
    ]
    for name in project.graph.order(start.scope):
        there = _end(last[name]) if name in last else "did not start"
        if there != "SUCCEEDED" or here[name] != "SUCCEEDED":
            differences.append(f"{name}: here {here[name]}; in the sandbox {there}")
    # A later attempt would hide that the first one did not wait.
    first = {pipelines[run.job]: run for run in reversed(runs)}
    kept = 0
    for child in project.graph.order(last):
        for parent in start.scope.intersection(project.graph.parents[child]):
            before, after = last.get(parent), first[child]
            if before and before.completed and before.completed <= after.started:
                kept += 1
            else:
                differences.append(f"{child} started before {parent} had ended")
    return StartComparison(start, kept, tuple(differences))


def _end(run: JobOutcome) -> str:
    return f"{run.state}: {run.message}" if run.message else run.state
