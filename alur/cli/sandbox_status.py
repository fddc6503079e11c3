"""Shows the contents of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import CROSS, TICK
from alur.project.settings import SANDBOX
from alur.sandbox.protocol import Delivery, S3Requests
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.sandbox.state_file import SandboxState


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A deployed job, and its last run.

    Attributes:
        run_id: None if it has not run.
        requests: what the run has requested of S3.
    """

    pipeline: str
    run_id: str | None = None
    state: str | None = None
    requests: S3Requests | None = None


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A running sandbox.

    Attributes:
        engine: what jobs run on, such as ``Sail 0.7.2``.
        deliveries: the alerts AWS would have mailed for job runs, and those it could not deliver.
    """

    address: str
    started: str
    pid: int
    account_id: str
    region: str
    engine: str
    jobs: tuple[SandboxJob, ...]
    deliveries: tuple[Delivery, ...]


def read_status(project: Project, state: SandboxState) -> SandboxStatus:
    """Return the sandbox's address, the deployed jobs with their last runs, and the alerts.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    from alur.sandbox.client.deliveries import read_deliveries

    return SandboxStatus(
        address=state.address,
        started=state.started,
        pid=state.pid,
        account_id=state.account_id,
        region=state.region,
        engine=state.engine_version,
        jobs=tuple(_jobs(project, state)),
        deliveries=tuple(read_deliveries(state)),
    )


def _jobs(project: Project, state: SandboxState) -> list[SandboxJob]:
    from alur.aws.jobs import last_runs
    from alur.aws_clients import Clients
    from alur.deployment.job_layout import job_layout
    from alur.sandbox.client.run_requests import read_run_requests

    clients = Clients(state.region)
    pages = clients("glue").get_paginator("get_jobs").paginate()
    there = {job["Name"] for page in pages for job in page["Jobs"]}
    environment = project.environment(SANDBOX)
    names = {
        group.job_name(environment.names): ", ".join(group.pipelines)
        for group in job_layout(project, environment).groups
    }
    deployed = [name for name in names if name in there]
    runs, requests = last_runs(clients, deployed), read_run_requests(state)
    return [
        SandboxJob(names[job], run.run_id, run.state, requests.get(run.run_id))
        if (run := runs.get(job))
        else SandboxJob(names[job])
        for job in deployed
    ]


@show.register
def _(status: SandboxStatus, to: Printer) -> None:
    to.line(f"The sandbox is up at {status.address} since {status.started} (process {status.pid})")
    to.line(f"  Account {status.account_id}, {status.region}; jobs run on {status.engine}")
    if not status.jobs:
        to.line("  Nothing is deployed: alur deploy --env sandbox")
        return
    jobs = counted(len(status.jobs), "job")
    to.line(f"  {jobs} deployed; alur status --env sandbox compares")
    for job in status.jobs:
        last = f"{job.state} ({job.run_id})" if job.run_id else "has not run"
        to.line(f"    {job.pipeline}: {last}")
        if job.requests:
            to.line(f"        S3: {_requests(job.requests)}")
    _show_deliveries(status.deliveries, to)


def _requests(counts: S3Requests) -> str:
    """Return a run's requests in words.

    >>> _requests(S3Requests(12, 5, 0, 3, 2_500_000, 40_000))
    '12 GET, 5 PUT, 0 DELETE, 3 LIST; 2.50 MB downloaded, 0.04 MB uploaded'
    """
    numbers = (
        f"{counts.get:,} GET, {counts.put:,} PUT, {counts.delete:,} DELETE, {counts.list:,} LIST"
    )
    down, up = (
        f"{n / 1_000_000:,.2f} MB" for n in (counts.bytes_downloaded, counts.bytes_uploaded)
    )
    return f"{numbers}; {down} downloaded, {up} uploaded"


def _show_deliveries(deliveries: tuple[Delivery, ...], to: Printer) -> None:
    from alur.sandbox.client.deliveries import MAIL_SUBJECT

    if not deliveries:
        to.line("  No alert: no run of a job has matched an alert rule")
        return
    alerts = counted(len(deliveries), "alert")
    to.line(f"  {alerts}, which AWS would have sent to those who confirmed:")
    for one in deliveries:
        if one.problem:
            to.line(f"    {CROSS} {one.time} {one.rule} to {one.target}")
            to.line(f"        not delivered: {one.problem}")
        else:
            to.line(f"    {TICK} {one.time} to {', '.join(one.mailed) or one.target}")
            to.line(f"        Subject: {MAIL_SUBJECT}")
        to.line(f"        {one.message}")
