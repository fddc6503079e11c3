"""Compares what is deployed with what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from alur.deployment.job_arguments import OF_CODE
from alur.deployment.resources import Deployment, Job, ScheduledWorkflow

State = Literal["in step", "changed", "missing", "foreign"]
"""A ``foreign`` object has this project's and environment's name, and is not declared."""


@dataclass(frozen=True, slots=True)
class DeployedJob:
    """A Glue job in AWS."""

    name: str
    description: str
    worker_type: str
    number_of_workers: int
    timeout_minutes: int
    max_retries: int
    glue_version: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeployedSchedule:
    """An EventBridge rule in AWS, and the workflow it starts.

    Attributes:
        starts_workflow: whether the rule has the workflow of its name as its target.
        edges: for each of the workflow's triggers, the jobs it waits for and the jobs it starts.
    """

    name: str
    expression: str
    description: str
    enabled: bool
    starts_workflow: bool
    edges: frozenset[tuple[frozenset[str], frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A project's existing objects in an environment of AWS."""

    jobs: Mapping[str, DeployedJob]
    schedules: Mapping[str, DeployedSchedule]
    buckets: frozenset[str]
    databases: frozenset[str]
    has_code: bool


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """The state of one object.

    Attributes:
        pipeline: whose job or schedule it is; empty for others, and for a job with several pipelines.
        differences: what is not as declared, in words.
        pipelines: those of a job, in the order in which it runs them.
    """

    kind: Literal["bucket", "database", "code", "job", "schedule"]
    name: str
    state: State
    pipeline: str = ""
    differences: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()


def compare(declared: Deployment, deployed: Deployed) -> list[ObjectStatus]:
    """Return the state of each declared object, and of undeclared deployed ones."""
    return [
        *_existing("bucket", (bucket.name for bucket in declared.buckets), deployed.buckets),
        *_existing("database", (base.name for base in declared.databases), deployed.databases),
        *_code(declared, deployed),
        *_jobs(declared, deployed),
        *_schedules(declared, deployed),
    ]


def _existing(
    kind: Literal["bucket", "database"], names: Iterable[str], there: frozenset[str]
) -> Iterator[ObjectStatus]:
    for name in names:
        yield ObjectStatus(kind, name, "in step" if name in there else "missing")


def _code(declared: Deployment, deployed: Deployed) -> Iterator[ObjectStatus]:
    if declared.code_key:
        yield ObjectStatus("code", declared.code_key, "in step" if deployed.has_code else "missing")


def _jobs(declared: Deployment, deployed: Deployed) -> Iterator[ObjectStatus]:
    for job in declared.jobs:
        existing = deployed.jobs.get(job.name)
        differences: tuple[str, ...] = ()
        state: State = "missing"
        if existing is not None:
            differences = tuple(_job_differences(job, existing, declared.glue_version))
            state = "changed" if differences else "in step"
        pipeline = job.pipelines[0] if len(job.pipelines) == 1 else ""
        yield ObjectStatus("job", job.name, state, pipeline, differences, job.pipelines)
    for name in deployed.jobs.keys() - {job.name for job in declared.jobs}:
        yield ObjectStatus("job", name, "foreign")


def _job_differences(job: Job, existing: DeployedJob, glue_version: str) -> Iterator[str]:
    pairs = {
        "description": (existing.description, job.description),
        "worker type": (existing.worker_type, job.worker_type),
        "workers": (existing.number_of_workers, job.number_of_workers),
        "timeout": (existing.timeout_minutes, job.timeout_minutes),
        "retries": (existing.max_retries, job.max_retries),
        "Glue version": (existing.glue_version, glue_version),
    }
    yield from _differing(pairs)
    declared = dict(job.arguments)
    changed = {
        name
        for name in declared.keys() | existing.arguments.keys()
        if declared.get(name) != existing.arguments.get(name)
    }
    if changed & OF_CODE:
        yield "code"
    yield from sorted(changed - OF_CODE)


def _schedules(declared: Deployment, deployed: Deployed) -> Iterator[ObjectStatus]:
    for schedule in declared.schedules:
        existing = deployed.schedules.get(schedule.name)
        if existing is None:
            yield ObjectStatus("schedule", schedule.name, "missing", schedule.pipeline)
        else:
            differences = tuple(_schedule_differences(declared, schedule, existing))
            state: State = "changed" if differences else "in step"
            yield ObjectStatus("schedule", schedule.name, state, schedule.pipeline, differences)
    for name in deployed.schedules.keys() - {schedule.name for schedule in declared.schedules}:
        yield ObjectStatus("schedule", name, "foreign")


def _schedule_differences(
    declared: Deployment, schedule: ScheduledWorkflow, existing: DeployedSchedule
) -> Iterator[str]:
    words = {True: "on", False: "off"}
    pairs = {
        "expression": (existing.expression, schedule.expression),
        "description": (existing.description, schedule.description),
        "state": (words[existing.enabled], words[schedule.enabled]),
    }
    yield from _differing(pairs)
    if not existing.starts_workflow:
        yield "target: not the workflow of its name"
    edges = frozenset(
        (
            frozenset(declared.job(name).name for name in trigger.waits_for),
            frozenset(declared.job(name).name for name in trigger.starts),
        )
        for trigger in schedule.triggers
    )
    if edges != existing.edges:
        yield "triggers"


def _differing(pairs: Mapping[str, tuple[object, object]]) -> Iterator[str]:
    for what, (deployed, declared) in pairs.items():
        if deployed == declared:
            continue
        if what == "description":
            yield what
        else:
            yield f"{what}: {deployed} instead of {declared}"
