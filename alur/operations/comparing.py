"""Compares what is deployed with what the project declares."""

from __future__ import annotations

from alur.aws.deployed import read_deployed
from alur.aws.jobs import last_runs
from alur.deployment.comparison import compare
from alur.operations.connection import connect
from alur.operations.events import Activity, Connected, Observer, ignore
from alur.operations.preparation import prepare
from alur.operations.results import Status
from alur.project.project import Project


def status(project: Project, environment: str, *, observe: Observer = ignore) -> Status:
    """Return what is deployed to an AWS environment, beside what the project declares.

    Args:
        environment: a name in alur.toml, or ``sandbox``.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: the project cannot be packaged, or AWS refuses.
    """
    target = project.environment(environment)
    clients = connect(project, target)
    observe(Connected(environment, clients.region))
    observe(Activity("packaging the project"))
    prepared, _ = prepare(project, target)
    observe(Activity("asking AWS what is there"))
    deployed = read_deployed(clients, prepared.deployment)
    findings = compare(prepared.deployment, deployed)
    runs = last_runs(clients, deployed.jobs)
    observe(Activity())
    rules = {name: (one.expression, one.enabled) for name, one in deployed.schedules.items()}
    return Status(environment, tuple(findings), dict(runs), rules)
