"""Completes pipelines, tables and environments in the shell, from alur.toml and the project's source alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alur.project.settings import LOCAL

if TYPE_CHECKING:
    from alur.project.declared_names import DeclaredNames
    from alur.project.settings import Settings


def pipelines(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Return the pipelines whose names begin with what was typed."""
    names = _declared()
    return _matching(names.pipelines, typed) if names else []


def tables(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Return the tables whose names begin with what was typed; with their layers if it contains a dot."""
    names = _declared()
    if names is None:
        return []
    layers = Counter(table for _, table in names.tables)
    return _matching(
        [
            f"{layer}.{table}" if "." in typed or layers[table] > 1 else table
            for layer, table in names.tables
        ],
        typed,
    )


def environments(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Return the environments whose names begin with what was typed."""
    project = _project()
    return (
        _matching([*project[1].environment_names, *_clones(project[0])], typed) if project else []
    )


def aws_environments(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Return the AWS environments whose names begin with what was typed."""
    project = _project()
    names = project[1].environment_names if project else []
    return _matching([name for name in names if name != LOCAL], typed)


def clones(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Return the environments made by ``alur new-env`` whose names begin with what was typed."""
    project = _project()
    return _matching(_clones(project[0]), typed) if project else []


def _clones(root: Path) -> list[str]:
    """Return the environments made by ``alur new-env``; none if a record cannot be read."""
    from alur.errors import AlurError
    from alur.project.clones import clones_of

    try:
        return list(clones_of(root))
    except AlurError:
        return []


def _project() -> tuple[Path, Settings] | None:
    """Return the project around the working directory, or None if there is no usable one."""
    from alur.errors import AlurError
    from alur.project.locating import find_root
    from alur.project.settings import read_settings

    try:
        root = find_root(Path.cwd())
        return root, read_settings(root)
    except (AlurError, OSError):
        return None


def _declared() -> DeclaredNames | None:
    """Return what the project declares, or None if its source cannot be read."""
    from alur.project.declared_names import DeclaredNames

    project = _project()
    if project is None:
        return None
    root, settings = project
    try:
        return DeclaredNames.read(root, settings.project.modules)
    except (OSError, SyntaxError, ValueError):
        return None


def _matching(names: tuple[str, ...] | list[str], typed: str) -> list[str]:
    return [name for name in names if name.startswith(typed)]
