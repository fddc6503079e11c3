"""Makes, publishes and drops clones of environments: on this machine, each is there as a whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from alur.errors import EngineError, SettingsError
from alur.project.clones import RECORD, Clone, check_name, clones_folder, clones_of
from alur.project.environment import Environment
from alur.project.project import Project
from alur.runtime.tables.local_clones import clone_tables, hold_clones
from alur.runtime.tables.local_states import metadata_files
from alur.syncing import sync

if TYPE_CHECKING:
    from alur.runtime.tables.pyiceberg_publishing import PublishedTable

_UNFINISHED = "-"
"""What the names of folders that are being made or deleted begin with; no environment's name does."""


def make_local_clone(project: Project, clone: Clone, origin: Environment) -> int:
    """Make a clone of an environment on this machine, as :func:`make_clone` does."""

    def make(unfinished: Path) -> int:
        folder = unfinished / clone.warehouse.name
        return clone_tables(origin.warehouse(project.root), folder, clone.warehouse)

    return make_clone(project, clone, origin, make)


def make_clone(
    project: Project, clone: Clone, origin: Environment, make: Callable[[Path], int]
) -> int:
    """Make a clone of an environment; return the number of its tables.

    If it is killed, there is no such environment, and the next one that is made or dropped deletes what it left.

    Args:
        make: makes the tables, given the folder that is going to be the clone's, and returns their number.

    Raises:
        SettingsError: the name is invalid or taken.
        EngineError: a table of the origin cannot be read, or the disk has failed.
    """
    check_name(clone.name, ())
    try:
        with hold_clones(project.root):
            clones = clones_of(project.root)
            check_name(clone.name, (*project.settings.environment_names, *clones))
            _require(origin, clones)
            _clear(clones_folder(project.root), {*clones})
            return _make(clone, make)
    except OSError as error:
        raise _unusable(clone.folder, error) from error


def _make(clone: Clone, make: Callable[[Path], int]) -> int:
    unfinished = clone.folder.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}")
    unfinished.mkdir()
    tables = make(unfinished)
    record = unfinished / RECORD
    record.write_text(clone.record(), encoding="utf-8")
    sync(record)
    unfinished.rename(clone.folder)
    sync(clone.folder.parent)
    return tables


def drop_clone(
    project: Project, clone: Clone, delete_tables: Callable[[], None] = lambda: None
) -> int:
    """Delete a clone with the files that its runs have written; return the size of the data files in bytes.

    Files of the environment that it was made from stay. If it is killed, the environment is there as before or gone, and
    the next one that is made or dropped deletes what is left.

    Args:
        delete_tables: deletes tables that are elsewhere; it may be repeated.

    Raises:
        SettingsError: another environment was made from it, and needs its files.
        EngineError: a run is writing one of its tables, or the disk has failed.
    """
    try:
        with hold_clones(project.root), ExitStack() as held:
            _refuse_children(project, clone)
            _hold_tables(clone, held)
            delete_tables()
            return _drop(project, clone)
    except OSError as error:
        raise _unusable(clone.folder, error) from error


def publish_clone(
    project: Project, clone: Clone, notice: Callable[[str], None]
) -> list[PublishedTable]:
    """Make the tables of the environment that a clone was made from those of the clone, and drop the clone.

    If it is killed, the tables are all as before or all published. In the second case the clone may be left, and to
    publish it again drops it.

    Args:
        notice: receives a line when it waits for a run that writes a table.

    Raises:
        SettingsError: another environment was made from the clone, and needs its files.
        SchemaError: a table that the clone has written has changed in the other environment, too.
        EngineError: a run is writing a table of the clone, a file is missing, or the disk has failed.
    """
    from alur.runtime.local import local_warehouse
    from alur.runtime.tables.pyiceberg_publishing import publish_tables

    try:
        with ExitStack() as held:
            _refuse_children(project, clone)
            _hold_tables(clone, held)
            origin, own = (local_warehouse(project, name) for name in (clone.origin, clone.name))
            # Runs wait for the clones' lock while they hold tables, so tables come first.
            published = publish_tables(origin, own, notice)
            with hold_clones(project.root):
                _refuse_children(project, clone)
                _drop(project, clone)
            return published
    except OSError as error:
        raise _unusable(clone.folder, error) from error


def _refuse_children(project: Project, clone: Clone) -> None:
    """Raise an error if another environment was made from a clone."""
    others = clones_of(project.root).values()
    children = [other.name for other in others if other.origin == clone.name]
    if children:
        names = ", ".join(children)
        raise SettingsError(
            f"{names} was made from {clone.name}, and needs its files",
            remedy=f"first drop {names}: alur drop-env {children[0]}",
        )


def _drop(project: Project, clone: Clone) -> int:
    """Delete a clone whose tables are held; return the size of its data files in bytes."""
    others = {*clones_of(project.root)} - {clone.name}
    size = clone.bytes
    clone.folder.rename(clone.folder.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}"))
    sync(clone.folder.parent)
    _clear(clones_folder(project.root), others)
    return size


def _require(origin: Environment, clones: dict[str, Clone]) -> None:
    """Raise an error if the origin was dropped since it was looked up."""
    if origin.clone and clones.get(origin.name) != origin.clone:
        raise SettingsError(
            f"the environment {origin.name} was dropped meanwhile", remedy="name another one"
        )


def _hold_tables(clone: Clone, held: ExitStack) -> None:
    """Hold all tables of a clone.

    Raises:
        EngineError: a run is writing one of them.
    """
    locks = clone.warehouse / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    tables = metadata_files(clone.warehouse / "catalog.db")
    for path in sorted({*locks.glob("*.lock"), *(locks / f"{table}.lock" for table in tables)}):
        try:
            held.enter_context(FileLock(path, timeout=0))
        except Timeout:
            raise EngineError(
                f"a run is writing {path.stem} in {clone.name}",
                remedy="wait until it has ended, then run the command again",
            ) from None


def _clear(folder: Path, names: set[str]) -> None:
    """Delete the folders of clones that were not finished, or not deleted to the end."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in names:
            shutil.rmtree(path)


def _unusable(folder: Path, error: OSError) -> EngineError:
    return EngineError(
        f"the folder {folder} cannot be used: {error}",
        remedy="check that it is writable and the disk has space, then run the command again",
    )
