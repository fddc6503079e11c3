"""Plans what a project's present state changes in an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from alur.deployment.planning import plan_otherwise
from alur.errors import AlurError, EngineError, TerraformError
from alur.operations.change_plan import ChangePlan, Unknown
from alur.operations.connection import connect
from alur.operations.events import Activity, Observer, ignore
from alur.operations.planning.catalog import deployed_states
from alur.operations.planning.costing import cost_change
from alur.operations.planning.infrastructure import planned_infrastructure
from alur.operations.planning.meaning import affected_pipelines, pipeline_changes
from alur.operations.planning.refusals import refused_runs
from alur.operations.planning.rewriting import rewritten_tables
from alur.operations.planning.spreading import Facts
from alur.operations.planning.tables import States, table_changes
from alur.operations.preparation import prepare
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.code_version import code_version
from alur.runtime.tables.local_states import local_states

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.project.environment import Environment


def plan_changes(
    project: Project,
    environment: str = LOCAL,
    *,
    allow_breaking: Iterable[str] = (),
    observe: Observer = ignore,
) -> ChangePlan:
    """Return what the project's present state changes in an environment; nothing runs, and nothing is written there.

    Args:
        environment: ``local`` for this machine, a name in alur.toml, or ``sandbox``.
        allow_breaking: tables whose breaking changes are allowed.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: there is no such table or environment, or the environment's catalog cannot be read.

    >>> def nothing_would_change():
    ...     return not plan_changes(Project.load()).has_changes
    """
    target = project.environment(environment)
    allowed = {project.table(name).identifier for name in allow_breaking}
    clients = None if target.is_local else connect(project, target)
    observe(Activity("reading the pipelines' plans and the tables' metadata"))
    found = changes_of(project, target, states_of(project, target, clients), allowed)
    if clients is not None and not target.clone:
        found = _with_infrastructure(found, project, target, clients, observe)
    observe(Activity())
    return found


def _with_infrastructure(
    found: ChangePlan,
    project: Project,
    environment: Environment,
    clients: Clients,
    observe: Observer,
) -> ChangePlan:
    observe(Activity("packaging the project"))
    prepared, _ = prepare(project, environment)
    for _ in prepared.write(prepared.folder):
        pass
    observe(Activity("asking Terraform what would change"))
    try:
        found = replace(found, infrastructure=planned_infrastructure(prepared, clients))
    except TerraformError as error:
        unknown = Unknown("infrastructure", error.message, error.remedy or "", stops=True)
        found = replace(found, unknown=(*found.unknown, unknown))
    observe(Activity("counting fires and costs"))
    otherwise = plan_otherwise(project, environment)
    return replace(found, cost=cost_change(clients, prepared.deployment, otherwise))


def changes_of(
    project: Project, environment: Environment, states: States, allowed: Collection[str] = ()
) -> ChangePlan:
    """Return the changes of tables and pipelines.

    Args:
        states: of the environment's tables.
        allowed: the tables whose breaking changes are allowed, as ``layer.table``.
    """
    facts, unknown = _facts(project)
    tables = tuple(
        table_changes(
            project, states, facts, allowed, reads_narrower_files=not environment.is_local
        )
    )
    version = code_version(project)
    pipelines, same = pipeline_changes(project, states, facts, version)
    affected = affected_pipelines(project, states, facts, pipelines, version)
    effects = {table.table: table.effect for table in tables}
    changed = {table.pipeline for table in tables} | {change.pipeline for change in pipelines}
    changed |= {one.pipeline for one in affected}
    to_run = tuple(project.graph.order(changed))
    refused = tuple(refused_runs(project, facts, to_run))
    failing = {one.pipeline for one in refused}
    running = [name for name in to_run if name not in failing]
    return ChangePlan(
        project.settings.project.name,
        environment.name,
        tables=tables,
        pipelines=pipelines,
        same_meaning=tuple(name for name in same if name not in changed),
        affected=affected,
        to_run=to_run,
        refused_runs=refused,
        rewritten=tuple(rewritten_tables(project, states, effects, running)),
        unknown=(*(u for u in unknown if u.subject not in failing), *_unreadable(states)),
    )


def states_of(project: Project, environment: Environment, clients: Clients | None) -> States:
    """Return the states of the tables that pipelines write.

    Args:
        clients: those of the environment; None for this machine.

    Raises:
        AlurError: the catalog cannot be read.
    """
    contracts = [pipeline.target for pipeline in project.pipelines]
    if clients is None:
        return local_states(environment.warehouse(project.root), contracts)
    return deployed_states(clients, environment, contracts)


def _facts(project: Project) -> tuple[Facts, list[Unknown]]:
    """Return the facts of all pipelines, and what is not known of them."""
    try:
        from alur.runtime.plan_facts import project_facts

        facts = project_facts(project)
    except ModuleNotFoundError as error:
        reason, remedy = f"{error.name} is not installed", 'pip install "alur[local]"'
        return {}, [Unknown("pipelines", reason, remedy, stops=True)]
    except EngineError as error:
        return {}, [Unknown("pipelines", error.message, error.remedy or "", stops=True)]
    unknown = [
        Unknown("pipelines", known.caveats[0], subject=name)
        for name, known in facts.items()
        if not known.schema and known.caveats
    ]
    return facts, unknown


def _unreadable(states: States) -> Iterator[Unknown]:
    for table, state in states.items():
        if isinstance(state, AlurError):
            yield Unknown("tables", state.message, state.remedy or "", table, stops=True)
