"""Plans the starts of a project's pipelines, and compares their outcomes on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alur.naming import Names
from alur.project.project import Project
from alur.sandbox.client.pipeline_runs import PipelineRun


@dataclass(frozen=True, slots=True)
class Start:
    """A start of pipelines, by a schedule or by hand.

    Attributes:
        rule: the schedule's rule; None for a single job without an enabled schedule.
        scope: the pipelines to run.
    """

    pipeline: str
    rule: str | None
    scope: frozenset[str]

    @property
    def title(self) -> str:
        """The start's name in the report."""
        return self.rule or f"job of {self.pipeline}"


@dataclass(frozen=True, slots=True)
class StartComparison:
    """The outcome of one start on both sides.

    Attributes:
        edges: how many edges of the graph the order of the runs respected.
        differences: messages for people; empty if both sides succeeded alike.
    """

    start: Start
    edges: int
    differences: tuple[str, ...]


def plan_starts(project: Project, names: Names) -> list[Start]:
    """Return the starts of all enabled schedules, each after the pipelines it reads, and of other pipelines' jobs.

    A schedule does not wait for pipelines outside its scope, so their tables must exist before.
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
    """Return the pipelines outside a scope whose tables the pipelines in it read."""
    scope = set(scope)
    return {parent for name in scope for parent in project.graph.parents[name]} - scope


def compare_start(
    project: Project, start: Start, runs: Sequence[PipelineRun], here: Mapping[str, str]
) -> StartComparison:
    """Return the outcome of a start on both sides.

    Args:
        runs: every attempt of every pipeline in the sandbox, in the order of their starts.
        here: the states of the pipelines on this machine.
    """
    runs = [run for run in runs if run.state != "SKIPPED"]
    last = {run.pipeline: run for run in runs}
    differences = [
        f"{name} ran, and is not in its scope" for name in last if name not in start.scope
    ]
    differences += [
        f"{run.pipeline}: an attempt in the sandbox {_end(run)}"
        for run in runs
        # A repeated job finds the rows of those of its pipelines that had succeeded.
        if run not in last.values() and run.state != "SUCCEEDED"
    ]
    for name in project.graph.order(start.scope):
        there = _end(last[name]) if name in last else "did not start"
        if there != "SUCCEEDED" or here[name] != "SUCCEEDED":
            differences.append(f"{name}: here {here[name]}; in the sandbox {there}")
    # Only a pipeline's first attempt shows whether it waited.
    first = {run.pipeline: run for run in reversed(runs)}
    kept = 0
    for child in project.graph.order(last):
        for parent in start.scope.intersection(project.graph.parents[child]):
            before, after = last.get(parent), first[child]
            if before and before.completed and before.completed <= after.started:
                kept += 1
            else:
                differences.append(f"{child} started before {parent} had ended")
    return StartComparison(start, kept, tuple(differences))


def _end(run: PipelineRun) -> str:
    return f"{run.state}: {run.message}" if run.message else run.state
