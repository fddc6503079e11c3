"""The graph of a schedule as a Glue workflow, edge for edge."""

from __future__ import annotations

from collections.abc import Iterator

from alur.deployment.job_layout import JobLayout
from alur.deployment.resources import Trigger
from alur.errors import DeploymentError
from alur.naming import follow_trigger_name, start_trigger_name
from alur.project.project import DeclaredSchedule, Project

# https://docs.aws.amazon.com/glue/latest/dg/blueprint_workflow_restrictions.html
_JOBS_AND_TRIGGERS = 100
# https://docs.aws.amazon.com/general/latest/gr/glue.html
_JOBS_PER_TRIGGER = 50


def triggers_of(
    project: Project, layout: JobLayout, declared: DeclaredSchedule, name: str
) -> tuple[Trigger, ...]:
    """Return one trigger for the roots, and one for each distinct set of upstream jobs.

    The edges are those of the jobs, restricted to the schedule's scope: a job outside it is not waited for.

    Args:
        name: the workflow's.

    Raises:
        DeploymentError: the workflow is larger than Glue allows.
    """
    pipelines = project.graph.scoped(declared.pipeline.name, declared.schedule.scope)
    graph, label = layout.graph, declared.label
    scope = {layout.group_of(pipeline).label for pipeline in pipelines}
    waiting: dict[tuple[str, ...], list[str]] = {}
    for job in graph.order(scope):
        parents = tuple(graph.order(scope.intersection(graph.parents[job])))
        waiting.setdefault(parents, []).append(job)
    triggers = tuple(
        trigger
        for parents, children in waiting.items()
        for trigger in _triggers(name, label, parents, children)
    )
    _refuse_too_many(declared, roots=len(waiting[()]), nodes=len(scope) + len(triggers))
    return triggers


def _triggers(
    name: str, label: str, parents: tuple[str, ...], children: list[str]
) -> Iterator[Trigger]:
    if not parents:
        yield Trigger(f"{label}-start", start_trigger_name(name), (), tuple(children))
        return
    for part, first in enumerate(range(0, len(children), _JOBS_PER_TRIGGER)):
        trigger_name = follow_trigger_name(name, parents, part)
        ending = trigger_name.removeprefix(name)
        starts = tuple(children[first : first + _JOBS_PER_TRIGGER])
        yield Trigger(label + ending, trigger_name, parents, starts)


def _refuse_too_many(declared: DeclaredSchedule, *, roots: int, nodes: int) -> None:
    if nodes > _JOBS_AND_TRIGGERS:
        problem = f"needs {nodes} jobs and triggers in one Glue workflow; Glue allows {_JOBS_AND_TRIGGERS}"
    elif roots > _JOBS_PER_TRIGGER:
        problem = (
            f"starts {roots} pipelines at once; a Glue trigger starts at most {_JOBS_PER_TRIGGER}"
        )
    else:
        return
    pipeline, _, schedule = declared
    raise DeploymentError(
        f"the schedule {schedule.expression.text} of {pipeline.name} {problem}",
        where=schedule.location,
        remedy="narrow its scope, and schedule the other pipelines separately; or let pipelines share a job "
        'with fuse = "schedule" in alur.toml',
    )
