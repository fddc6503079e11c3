"""Reads the definitions of jobs and workflows from moto's Glue."""

from __future__ import annotations

from typing import Literal, cast

from moto.glue.exceptions import JobNotFoundException
from moto.glue.models import FakeJob, FakeTrigger, GlueBackend

from alur.sandbox.server.jobs.definition import JobDefinition
from alur.sandbox.server.jobs.job_runs import UnknownJob
from alur.sandbox.server.workflows.workflow_definition import (
    Action,
    TriggerDefinition,
    UnknownWorkflow,
    WorkflowDefinition,
)


def job_definition(backend: GlueBackend, name: str) -> JobDefinition:
    """Return a job's current definition.

    Raises:
        UnknownJob: no job has this name.
    """
    try:
        job: FakeJob = backend.get_job(name)
    except JobNotFoundException:
        raise UnknownJob(name) from None
    return JobDefinition(
        name=name,
        script=cast(dict[str, str], job.command)["ScriptLocation"],
        role=job.role,
        defaults=job.default_arguments or {},
        fixed=job.non_overridable_arguments or {},
        timeout_minutes=job.timeout or 480,
        max_retries=job.max_retries or 0,
        max_concurrent_runs=job.execution_property.get("MaxConcurrentRuns", 1),
        queued=bool(getattr(job, "queued", False)),
        worker_type=job.worker_type,
        number_of_workers=job.number_of_workers,
        glue_version=job.glue_version,
    )


def workflow_definition(backend: GlueBackend, name: str) -> WorkflowDefinition:
    """Return a workflow's current definition, with its triggers.

    Raises:
        UnknownWorkflow: no workflow has this name.
    """
    workflow = backend.workflows.get(name)
    if workflow is None:
        raise UnknownWorkflow(name)
    triggers = [one for one in backend.triggers.values() if one.workflow_name == name]
    return WorkflowDefinition(
        name=name,
        max_concurrent_runs=workflow.max_concurrent_runs,
        properties=workflow.default_run_properties or {},
        triggers=tuple(map(_trigger, triggers)),
    )


def _trigger(trigger: FakeTrigger) -> TriggerDefinition:
    predicate = trigger.predicate
    logical: Literal["AND", "ANY"] = "AND"
    conditions: list[tuple[str, str]] = []
    if predicate:
        logical = predicate.logical.value
        conditions = [
            (one.job_name, one.state.value)
            for one in predicate.conditions
            if one.job_name and one.state
        ]
    return TriggerDefinition(
        name=trigger.name,
        type=trigger.trigger_type,
        active=trigger.state == "ACTIVATED",
        actions=tuple(
            Action(cast(str, one.job_name), cast(dict[str, str], one.arguments or {}))
            for one in trigger.actions
            if one.job_name
        ),
        logical=logical,
        conditions=tuple(conditions),
    )
