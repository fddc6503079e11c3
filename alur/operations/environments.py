"""Makes, lists and drops environments that begin as a copy of another one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alur.errors import AlurError, DeploymentError, SettingsError
from alur.operations.events import Activity, Observer, ignore
from alur.operations.results import (
    DroppedEnvironment,
    ListedEnvironment,
    NewEnvironment,
    Published,
)
from alur.project.clones import Clone, clones_folder, clones_of
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.project.suggestions import did_you_mean
from alur.runtime.tables.local_states import local_states

if TYPE_CHECKING:
    from alur.runtime.tables.state import TableState


def new_environment(project: Project, name: str, origin: str = LOCAL) -> NewEnvironment:
    """Make an environment whose tables are those of another one, without copying a data file.

    Its runs write files of their own; the other environment stays as it is.

    Args:
        name: up to 31 lower-case letters, digits and underscores, a letter first.
        origin: the environment to begin with: ``local``, or one that was made from it.

    Raises:
        AlurError: the name is invalid or taken, there is no such origin, or its tables cannot be read.

    >>> def try_a_change():
    ...     new_environment(Project.load(), "feature_x")
    """
    source = project.environment(origin)
    if not source.is_local:
        raise DeploymentError(
            f"{origin!r} is in AWS: environments can be made from those on this machine only",
            remedy=f"alur new-env {name} --from {LOCAL}",
        )
    from alur.runtime.local_environments import make_clone

    base = source.clone.base if source.clone else source.name
    folder = clones_folder(project.root) / name
    tables = make_clone(project, Clone(name, origin, base, datetime.now(UTC), folder), source)
    return NewEnvironment(name, origin, tables)


def drop_environment(project: Project, name: str) -> DroppedEnvironment:
    """Delete an environment that :func:`new_environment` made, with the files that its runs have written.

    Raises:
        AlurError: it was not made so, another one was made from it, or a run is writing one of its tables.

    >>> def end_a_trial():
    ...     drop_environment(Project.load(), "feature_x")
    """
    from alur.runtime.local_environments import drop_clone

    return DroppedEnvironment(name, drop_clone(project, clone_named(project, name)))


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
    states = local_states(clone.warehouse, project.contracts)
    present = {table: state for table, state in states.items() if state is not None}
    written = tuple(table for table, state in present.items() if _is_written(state))
    size = sum(path.stat().st_size for path in clone.folder.rglob("*") if path.is_file())
    return ListedEnvironment(clone.name, clone.origin, clone.created, len(present), written, size)


def _is_written(state: TableState | AlurError) -> bool:
    """Return whether a run may have changed a table's rows since it was cloned."""
    from alur.runtime.tables.local_clones import cloned_snapshot, may_have_changed

    return isinstance(state, AlurError) or may_have_changed(state, cloned_snapshot(state))
