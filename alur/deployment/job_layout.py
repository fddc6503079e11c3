"""Lays the pipelines out in Glue jobs: a job for each, or one for all that the same schedules start."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from alur.deployment.grouping import grouped
from alur.deployment.job_arguments import PIPELINE, pipelines_text
from alur.deployment.job_group import JobGroup
from alur.deployment.roles import own_role_fits
from alur.naming import Names, fused_label
from alur.pipelines.pipeline import Pipeline
from alur.project.environment import Environment
from alur.project.graph import Graph
from alur.project.project import Project
from alur.project.settings import ResourceProfile
from alur.text import counted


@dataclass(frozen=True)
class JobLayout:
    """All jobs of a project in one environment.

    Attributes:
        groups: the jobs, in the order in which their first pipelines are declared.
        pipelines: the graph of the pipelines.
        names: those of the environment.
        alone: for each pipeline that shares no job although ``fuse`` is set, the reason.
    """

    groups: tuple[JobGroup, ...]
    pipelines: Graph
    names: Names
    alone: Mapping[str, str]

    @cached_property
    def _groups_by_pipeline(self) -> Mapping[str, JobGroup]:
        return {pipeline: group for group in self.groups for pipeline in group.pipelines}

    def group_of(self, pipeline: str) -> JobGroup:
        """Return the job of a pipeline."""
        return self._groups_by_pipeline[pipeline]

    def job_of(self, pipeline: str) -> str:
        """Return the name of a pipeline's job in Glue."""
        return self.group_of(pipeline).job_name(self.names)

    def arguments_of(self, pipelines: Sequence[str]) -> dict[str, str]:
        """Return the arguments of a run of some of a job's pipelines; none for a run of all of them."""
        if tuple(pipelines) == self.group_of(pipelines[0]).pipelines:
            return {}
        return {PIPELINE: pipelines_text(pipelines)}

    @cached_property
    def graph(self) -> Graph:
        """The graph of the jobs, by label: a job waits for those of all sources of its pipelines."""
        return Graph(
            {
                group.label: tuple(
                    dict.fromkeys(
                        above.label
                        for pipeline in group.pipelines
                        for above in map(self.group_of, self.pipelines.parents[pipeline])
                        if above is not group
                    )
                )
                for group in self.groups
            }
        )

    def ordered(self, pipelines: Collection[str]) -> Iterator[tuple[JobGroup, tuple[str, ...]]]:
        """Yield the jobs of some pipelines, each after those it waits for, with those of its pipelines."""
        by_label = {group.label: group for group in self.groups}
        for label in self.graph.order():
            group = by_label[label]
            wanted = tuple(name for name in group.pipelines if name in pipelines)
            if wanted:
                yield group, wanted


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the pipelines of one job share.

    Attributes:
        schedules: the labels of all schedules that start them.
    """

    schedules: tuple[str, ...]
    profile: ResourceProfile


def job_layout(project: Project, environment: Environment) -> JobLayout:
    """Return the jobs of a project's pipelines, by the environment's setting ``fuse``.

    Pipelines share a job if exactly the same schedules start them and their profiles are of one size. No job then
    costs more than its pipelines would alone, and no schedule starts a pipeline outside its scope. Where a path leaves
    such a job and returns to it, the job is split, so that the graph of the jobs has no cycle.
    """
    graph = project.graph
    if environment.settings.fuse is None:
        lone = tuple(JobGroup(pipeline.name, (pipeline.name,)) for pipeline in project.pipelines)
        return JobLayout(lone, graph, environment.names, {})
    kinds = _kinds(project)
    fused = {name: kind for name, kind in kinds.items() if kind.schedules}

    def fits(names: Sequence[str]) -> bool:
        return own_role_fits(map(project.pipeline, names), environment)

    groups = grouped(graph, fused, fits)
    declared = {pipeline.name: n for n, pipeline in enumerate(project.pipelines)}
    parts: dict[_Kind, int] = {}
    named: list[JobGroup] = []
    for group in groups:
        if len(group) == 1:
            named.append(JobGroup(group[0], group))
            continue
        kind = kinds[group[0]]
        parts[kind] = parts.get(kind, 0) + 1
        label = fused_label(
            kind.schedules, kind.profile.worker_type, kind.profile.number_of_workers, parts[kind]
        )
        named.append(JobGroup(label, group))
    named.sort(key=lambda group: min(declared[name] for name in group.pipelines))
    alone = {group[0]: _reason(group[0], kinds, project) for group in groups if len(group) == 1}
    reasons = {name: alone[name] for name in declared if name in alone}
    return JobLayout(tuple(named), graph, environment.names, reasons)


def _kinds(project: Project) -> dict[str, _Kind]:
    started: dict[str, list[str]] = {pipeline.name: [] for pipeline in project.pipelines}
    for declared in project.schedules:
        for name in project.graph.scoped(declared.pipeline.name, declared.schedule.scope):
            started[name].append(declared.label)
    return {
        pipeline.name: _Kind(tuple(started[pipeline.name]), _profile(project, pipeline))
        for pipeline in project.pipelines
    }


def _profile(project: Project, pipeline: Pipeline) -> ResourceProfile:
    return project.settings.profiles[pipeline.resource_profile]


def _reason(name: str, kinds: Mapping[str, _Kind], project: Project) -> str:
    """Return why a pipeline shares no job."""
    kind = kinds[name]
    if not kind.schedules:
        return "no schedule starts it"
    others = [other for other, its in kinds.items() if other != name]
    together = [other for other in others if kinds[other].schedules == kind.schedules]
    if not together:
        schedules = "the same schedule" if len(kind.schedules) == 1 else "the same schedules"
        return f"no other pipeline is started by {schedules}"
    if not any(kinds[other].profile == kind.profile for other in together):
        size = f"{counted(kind.profile.number_of_workers, 'worker')} {kind.profile.worker_type}"
        profile = project.pipeline(name).resource_profile
        return f"no other pipeline of its schedule has the size of its profile {profile} ({size})"
    return "another job must run between it and the others, or a shared role would be too large"
