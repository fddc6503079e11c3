"""Finds the pipelines that a change of the project makes run again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alur.aws.arguments import default_arguments
from alur.deployment.job_arguments import PLAN, parsed_each
from alur.deployment.job_layout import job_layout
from alur.errors import DeploymentError
from alur.operations.connection import connect
from alur.operations.events import Activity, Observer, ignore
from alur.operations.planning.planning import changes_of, states_of
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.plan_facts import plan_texts, project_facts

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.project.environment import Environment


def changed_pipelines(
    project: Project, environment: str = LOCAL, *, observe: Observer = ignore
) -> list[str]:
    """Return the pipelines of :func:`plan_changes` that need a run, in the order of the graph.

    Raises:
        DeploymentError: a job among them still has the code of another meaning.
        AlurError: the plan cannot be made, or is not complete.
    """
    target = project.environment(environment)
    clients = None if target.is_local else connect(project, target)
    observe(Activity("reading the pipelines' plans and the tables' metadata"))
    plan = changes_of(project, target, states_of(project, target, clients))
    observe(Activity())
    for unknown in plan.unknown:
        if unknown.stops:
            subject = f"{unknown.subject}: " if unknown.subject else ""
            raise DeploymentError(f"{subject}{unknown.reason}", remedy=unknown.remedy)
    if clients is not None and not target.clone:
        # The runs of a clone bring their code.
        _require_deployed(project, target, clients, plan.to_run)
    return list(plan.to_run)


def _require_deployed(
    project: Project, environment: Environment, clients: Clients, pipelines: Iterable[str]
) -> None:
    """Raise an error unless the jobs of pipelines have the code whose runs are wanted."""
    deployed = default_arguments(clients)
    wanted = plan_texts(project_facts(project))
    layout = job_layout(project, environment)

    def plan_there(name: str) -> str | None:
        text = deployed.get(layout.job_of(name), {}).get(PLAN, "")
        return parsed_each(text, [name]).get(name)

    older = [name for name in pipelines if plan_there(name) != wanted.get(name)]
    if older:
        raise DeploymentError(
            f"{environment.name} does not have the present code of {', '.join(older)}",
            remedy=f"alur deploy --env {environment.name}",
        )
