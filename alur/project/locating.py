"""Finds the project for a command, and refuses projects of other users."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from alur.errors import SettingsError
from alur.project.settings import FILE_NAME

TRUSTED = "ALUR_TRUSTED_PROJECTS"
"""The variable with the trusted folders of other users' projects, in the format of ``PATH``."""


def find_root(start: Path) -> Path:
    """Return the nearest folder with an alur.toml, upwards from ``start``.

    Raises:
        SettingsError: no folder has one, or the folder belongs to another user: loading a project runs its modules.
    """
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            _refuse_others(folder)
            return folder
    raise SettingsError(f"no {FILE_NAME} in {start} or any folder above it", remedy=_hint(start))


def _hint(start: Path) -> str:
    """Return a remedy: the command to enter a project in a folder here, or to create one."""
    try:
        near = sorted(path.parent.name for path in start.glob(f"*/{FILE_NAME}"))
    except OSError:
        near = []
    if near:
        return " or ".join(f"cd {shlex.quote(name)}" for name in near[:3])
    return "go to your project's folder, or start one with: alur init my-project"


def _refuse_others(folder: Path) -> None:
    """Raise an error if another user owns the folder or its alur.toml, as git does for its repositories.

    Root may load any project: in containers, mounted files keep their owner from outside.
    (https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory)
    """
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return
    # A link is checked itself: in another user's folder, it could lead to a file of this user.
    owners = {os.lstat(path).st_uid for path in (folder, folder / FILE_NAME)}
    others = owners - {0, os.geteuid()}
    trusted = os.environ.get(TRUSTED, "").split(os.pathsep)
    if others and not any(path and Path(path).resolve() == folder.resolve() for path in trusted):
        raise SettingsError(
            f"the project {folder} belongs to another user ({_named(min(others))}), and its modules would run as you",
            remedy=f"if you trust it: export {TRUSTED}={shlex.quote(str(folder))}",
        )


def _named(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"
