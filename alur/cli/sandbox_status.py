"""Shows the contents of the sandbox in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.cli.terminal import CROSS, TICK, echo
from alur.project.settings import SANDBOX
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.sandbox.state_file import SandboxState


def show_status(project: Project, state: SandboxState) -> None:
    """Print the sandbox's address, the deployed jobs with their last runs, and the alerts."""
    from alur.aws.jobs import last_runs
    from alur.aws_clients import Clients

    echo(f"The sandbox is up at {state.address} since {state.started} (process {state.pid})")
    echo(f"  Account {state.account_id}, {state.region}; jobs run on {state.engine_version}")
    clients = Clients(state.region)
    pages = clients("glue").get_paginator("get_jobs").paginate()
    there = {job["Name"] for page in pages for job in page["Jobs"]}
    job_name = project.environment(SANDBOX).names.job
    names = {job_name(pipeline.name): pipeline.name for pipeline in project.pipelines}
    deployed = [name for name in names if name in there]
    if not deployed:
        echo("  Nothing is deployed: alur deploy --env sandbox")
        return
    echo(f"  {counted(len(deployed), 'job')} deployed; alur status --env sandbox compares")
    runs = last_runs(clients, deployed)
    for name in deployed:
        run = runs.get(name)
        last = f"{run.state} ({run.run_id})" if run else "has not run"
        echo(f"    {names[name]}: {last}")
    _show_deliveries(state)


def _show_deliveries(state: SandboxState) -> None:
    """Print the alerts AWS would have mailed for job runs, and those it could not deliver."""
    from alur.sandbox.client.deliveries import MAIL_SUBJECT, read_deliveries

    deliveries = read_deliveries(state)
    if not deliveries:
        echo("  No alert: no run of a job has matched an alert rule")
        return
    echo(
        f"  {counted(len(deliveries), 'alert')}, which AWS would have sent to those who confirmed:"
    )
    for one in deliveries:
        if one.problem:
            echo(f"    {CROSS} {one.time} {one.rule} to {one.target}")
            echo(f"        not delivered: {one.problem}")
        else:
            echo(f"    {TICK} {one.time} to {', '.join(one.mailed) or one.target}")
            echo(f"        Subject: {MAIL_SUBJECT}")
        echo(f"        {one.message}")
