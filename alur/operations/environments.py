"""Makes, lists and drops environments that begin as a copy of another one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alur.errors import AlurError, DeploymentError, SandboxError, SettingsError
from alur.operations.connection import connect
from alur.operations.events import Activity, Observer, ignore
from alur.operations.planning.catalog import deployed_states
from alur.operations.results import (
    DroppedEnvironment,
    ListedEnvironment,
    NewEnvironment,
    Published,
)
from alur.project.clones import Clone, check_name, clones_folder, clones_of
from alur.project.project import Project
from alur.project.settings import LOCAL, SANDBOX
from alur.project.suggestions import did_you_mean
from alur.runtime.tables.local_states import local_states

if TYPE_CHECKING:
    from alur.deployment.clones import ClonePlan
    from alur.operations.planning.tables import States
    from alur.project.environment import Environment
    from alur.runtime.tables.state import TableState


def new_environment(project: Project, name: str, origin: str = LOCAL) -> NewEnvironment:
    """Make an environment whose tables are those of another one, without copying a data file.

    Its runs write files of their own; the other environment stays as it is.

    Args:
        name: up to 31 lower-case letters, digits and underscores, a letter first.
        origin: the environment to begin with: ``local``, ``sandbox``, or one that was made from either.

    Raises:
        AlurError: the name is invalid or taken, there is no such origin, or its tables cannot be read.

    >>> def try_a_change():
    ...     new_environment(Project.load(), "feature_x")
    """
    source = project.environment(origin)
    clone = _clone_of(project, name, source)
    from alur.runtime.local_environments import make_clone, make_local_clone

    if source.is_local:
        return NewEnvironment(name, origin, make_local_clone(project, clone, source))
    if not source.is_sandbox:
        raise DeploymentError(
            f"environments in AWS can be planned, but not made: {origin} is in AWS",
            remedy=f"alur new-env {name} --from {LOCAL}, or --from {SANDBOX}",
        )
    from alur.operations import glue_environments

    target, clients = _bound(project, clone), connect(project, source)
    plan = glue_environments.plan_clone(project, target, source, clients)

    def make(_: Path) -> int:
        return glue_environments.make_clone(plan, clients)

    tables = make_clone(project, clone, source, make)
    return NewEnvironment(name, origin, tables, can_be_published=False)


def plan_environment(project: Project, name: str, origin: str) -> ClonePlan:
    """Return what :func:`new_environment` does in AWS or in the sandbox; nothing is written.

    Raises:
        AlurError: the name is invalid or taken, or AWS cannot be queried.

    >>> def how_many_tables():
    ...     return len(plan_environment(Project.load(), "feature_x", "prod").tables)
    """
    from alur.operations import glue_environments

    source = project.environment(origin)
    check_name(name, (*project.settings.environment_names, *clones_of(project.root)))
    target = _bound(project, _clone_of(project, name, source))
    return glue_environments.plan_clone(project, target, source, connect(project, source))


def _clone_of(project: Project, name: str, origin: Environment) -> Clone:
    folder = clones_folder(project.root) / name
    return Clone(name, origin.name, origin.base, datetime.now(UTC), folder)


def _bound(project: Project, clone: Clone) -> Environment:
    """Return a clone as an environment, whether or not it was made."""
    from alur.project.environment import Environment

    check_name(clone.name, ())
    return Environment.of(project.settings, clone.name, {clone.name: clone})


def drop_environment(project: Project, name: str) -> DroppedEnvironment:
    """Delete an environment that :func:`new_environment` made, with the files that its runs have written.

    Raises:
        AlurError: it was not made so, another one was made from it, or a run is writing one of its tables.

    >>> def end_a_trial():
    ...     drop_environment(Project.load(), "feature_x")
    """
    from alur.runtime.local_environments import drop_clone

    clone = clone_named(project, name)

    def delete_tables() -> None:
        if clone.base != LOCAL:
            _delete_in_sandbox(project, clone)

    return DroppedEnvironment(name, drop_clone(project, clone, delete_tables))


def _delete_in_sandbox(project: Project, clone: Clone) -> None:
    from alur.operations import glue_environments

    origin = project.environment(clone.origin)
    try:
        clients = connect(project, origin)
    except SandboxError:
        # The tables have ended with it.
        return
    glue_environments.drop_clone(project, _bound(project, clone), origin, clients)


def publish(project: Project, name: str, *, observe: Observer = ignore) -> Published:
    """Make the tables of an environment those of one that :func:`new_environment` made from it, and drop the latter.

    All tables change in one transaction, and no data file is copied or read.

    Args:
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AlurError: there is no such environment, another one was made from it, a table that it has written has changed in
            the other one, too, or a run is writing one of its tables.

    >>> def release_a_change():
    ...     publish(Project.load(), "feature_x")
    """
    from alur.runtime.local_environments import publish_clone

    clone = clone_named(project, name)
    if clone.base != LOCAL:
        raise DeploymentError(
            f"{name} is in {clone.base}: only environments on this machine can be published",
            remedy=f"run the change in {clone.origin}: alur deploy, then alur run --changed",
        )
    observe(Activity(f"publishing {name} to {clone.origin}"))
    tables = publish_clone(project, clone, lambda text: observe(Activity(text)))
    observe(Activity())
    return Published(name, clone.origin, tuple(tables))


def clone_named(project: Project, name: str) -> Clone:
    """Return an environment that :func:`new_environment` made.

    Raises:
        SettingsError: there is none of that name.
    """
    clones = clones_of(project.root)
    if name not in clones:
        raise SettingsError(
            f"{name!r} is not an environment that alur new-env made",
            remedy=did_you_mean(name, clones, "environments made by alur new-env"),
        )
    return clones[name]


def list_environments(project: Project) -> list[ListedEnvironment]:
    """Return the environments that :func:`new_environment` made, the oldest first.

    Raises:
        AlurError: the record or the catalog of one cannot be read.
    """
    return [_listed(project, clone) for clone in clones_of(project.root).values()]


def _listed(project: Project, clone: Clone) -> ListedEnvironment:
    states = _states(project, clone)
    if states is None:
        return ListedEnvironment(clone.name, clone.origin, clone.created)
    present = {table: state for table, state in states.items() if state is not None}
    written = tuple(table for table, state in present.items() if _is_written(state))
    size = clone.bytes if clone.base == LOCAL else None
    return ListedEnvironment(clone.name, clone.origin, clone.created, len(present), written, size)


def _states(project: Project, clone: Clone) -> States | None:
    """Return the states of a clone's tables; None if the sandbox that has them is not up."""
    if clone.base == LOCAL:
        return local_states(clone.warehouse, project.contracts)
    environment = project.environment(clone.name)
    try:
        return deployed_states(connect(project, environment), environment, project.contracts)
    except SandboxError:
        return None


def _is_written(state: TableState | AlurError) -> bool:
    """Return whether a run may have changed a table's rows since it was cloned."""
    from alur.runtime.tables.local_clones import cloned_snapshot, may_have_changed

    return isinstance(state, AlurError) or may_have_changed(state, cloned_snapshot(state))
