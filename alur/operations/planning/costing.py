"""Compares what an environment's schedules cost a month before and after a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from alur.aws.deployed import read_deployed
from alur.aws.jobs import median_seconds
from alur.deployment.costs import DPUS, MonthlyCost, monthly_cost
from alur.deployment.job_arguments import PIPELINE, parsed_pipelines
from alur.deployment.resources import Deployment, Job, ScheduledWorkflow, Trigger
from alur.operations.change_plan import CostChange, Sharing

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.deployment.comparison import Deployed, DeployedSchedule


def cost_change(clients: Clients, declared: Deployment, otherwise: Deployment | None) -> CostChange:
    """Return the cost of this month's schedules as they are deployed, and as they are declared.

    Args:
        otherwise: the same without shared jobs if the declared deployment has them, or else with them; None if AWS
            cannot hold it.

    Raises:
        AwsError: AWS cannot be queried.
    """
    deployed = read_deployed(clients, declared)
    before = as_deployed(declared, deployed)
    names = declared.names
    seconds: dict[str, float | None] = {}
    for job, measured in median_seconds(clients, deployed.jobs).items():
        seconds[job] = measured
        # A pipeline that gets another job has run in this one.
        if pipeline := names.pipeline_of(job):
            seconds[pipeline] = measured
    month = datetime.now(timezone.utc).date()
    other = monthly_cost(otherwise, seconds, month) if otherwise else None
    return CostChange(
        monthly_cost(before, seconds, month) if before.jobs else None,
        monthly_cost(declared, seconds, month),
        tuple(sorted(deployed.schedules.keys() - {schedule.name for schedule in before.schedules})),
        sharing_of(declared, otherwise, other),
        declared.alone,
    )


def sharing_of(
    declared: Deployment, otherwise: Deployment | None, cost: MonthlyCost | None
) -> Sharing | None:
    """Return what shared jobs change; None if no pipelines share a job in either deployment.

    Args:
        cost: of the other deployment.
    """
    is_on = bool(declared.shared_jobs)
    shared = declared if is_on else otherwise
    if shared is None or not shared.shared_jobs:
        return None
    pipelines = sum(len(job.pipelines) for job in shared.shared_jobs)
    return Sharing(is_on, pipelines, len(shared.shared_jobs), cost)


def as_deployed(declared: Deployment, deployed: Deployed) -> Deployment:
    """Return a deployment with the jobs and schedules that are deployed, as far as their cost is concerned.

    Jobs with a type of workers that Alur does not know are left out, with the schedules that start them.
    """
    jobs = tuple(_jobs(declared, deployed))
    known = {job.label for job in jobs}
    schedules = (_schedule(declared, schedule) for schedule in deployed.schedules.values())
    costed = tuple(
        schedule
        for schedule in schedules
        if all(known.issuperset(trigger.starts) for trigger in schedule.triggers)
    )
    return replace(declared, jobs=jobs, schedules=costed)


def _jobs(declared: Deployment, deployed: Deployed) -> Iterator[Job]:
    for job in deployed.jobs.values():
        label = declared.names.label_of(job.name)
        if label and job.worker_type in DPUS:
            yield Job(
                label=label,
                pipelines=parsed_pipelines(job.arguments.get(PIPELINE, label)),
                name=job.name,
                role="",
                description=job.description,
                worker_type=job.worker_type,
                number_of_workers=job.number_of_workers,
                timeout_minutes=job.timeout_minutes,
                max_retries=job.max_retries,
                arguments=(),
            )


def _schedule(declared: Deployment, schedule: DeployedSchedule) -> ScheduledWorkflow:
    names = declared.names
    return ScheduledWorkflow(
        label=schedule.name,
        pipeline="",
        name=schedule.name,
        role_name="",
        description=schedule.description,
        expression=schedule.expression,
        enabled=schedule.enabled and schedule.starts_workflow,
        triggers=tuple(
            Trigger("", "", (), tuple(names.label_of(job) or job for job in sorted(starts)))
            for _, starts in sorted(schedule.edges, key=str)
        ),
    )
