"""Environments made by ``alur new-env``: clones of other environments, recorded in the project's folder ``.alur``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alur.errors import SettingsError

RECORD = "environment.json"
"""The file that makes a folder a clone's."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Clone:
    """An environment that began as a copy of another one.

    Attributes:
        origin: the environment that it was made from.
        base: the environment whose settings it has; the origin, unless that is a clone itself.
        created: when it was made, in UTC.
        folder: its own folder in ``.alur``.
    """

    name: str
    origin: str
    base: str
    created: datetime
    folder: Path

    @property
    def warehouse(self) -> Path:
        """The folder of its tables, if they are on this machine."""
        return self.folder / "warehouse"

    @property
    def bytes(self) -> int:
        """The size of the data files that its runs have written, if its tables are on this machine."""
        return sum(path.stat().st_size for path in self.warehouse.rglob("*.parquet"))

    def record(self) -> str:
        """Return the text of its record."""
        return json.dumps(
            {"origin": self.origin, "base": self.base, "created": self.created.isoformat()}
        )


def clones_folder(root: Path) -> Path:
    """Return the folder with a folder for each clone of a project."""
    return root / ".alur" / "environments"


def has_record(root: Path, name: str) -> bool:
    """Return whether there is a clone of a name, whether or not its record can be read."""
    return (clones_folder(root) / name / RECORD).exists()


def clones_of(root: Path) -> dict[str, Clone]:
    """Return the clones of a project by name, the oldest first.

    Raises:
        SettingsError: the record of one cannot be read.
    """
    records = clones_folder(root).glob(f"*/{RECORD}")
    # Names that no clone has are those of folders that are being made or deleted.
    found = [_read(path) for path in records if _NAME.fullmatch(path.parent.name)]
    found.sort(key=lambda clone: (clone.created, clone.name))
    return {clone.name: clone for clone in found}


def _read(path: Path) -> Clone:
    try:
        values = json.loads(path.read_bytes())
        created = datetime.fromisoformat(values["created"])
        return Clone(path.parent.name, values["origin"], values["base"], created, path.parent)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"the record of the environment {path.parent.name} cannot be read: {path}: {error}",
            remedy=f"remove the folder {path.parent}",
        ) from None


def descendants(name: str, clones: Iterable[Clone]) -> Iterator[Clone]:
    """Yield the clones of an environment, and the clones of those.

    >>> now = datetime(2026, 1, 1)
    >>> a, b, c = (Clone(n, o, "local", now, Path(n)) for n, o in (("a", "local"), ("b", "a"), ("c", "local")))
    >>> [clone.name for clone in descendants("local", (a, b, c))], [clone.name for clone in descendants("a", (a, b, c))]
    (['a', 'b', 'c'], ['b'])
    """
    ancestors = {name}
    # A clone is younger than its origin.
    for clone in sorted(clones, key=lambda clone: clone.created):
        if clone.origin in ancestors:
            ancestors.add(clone.name)
            yield clone


def check_name(name: str, taken: Collection[str]) -> None:
    """Check the name of an environment to be made.

    Args:
        taken: the names of the present environments.

    Raises:
        SettingsError: the name is invalid or taken.

    >>> check_name("feature_x", ["local"])
    >>> check_name("../x", ["local"])
    Traceback (most recent call last):
    ...
    alur.errors.SettingsError: '../x' is not a valid name for an environment
      fix: use up to 31 lower-case letters, digits and underscores, a letter first
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is not a valid name for an environment",
            remedy="use up to 31 lower-case letters, digits and underscores, a letter first",
        )
    if name in taken:
        raise SettingsError(
            f"there is already an environment {name!r}",
            remedy=f"choose another name, or drop it first: alur drop-env {name}"
            if name not in ("local", "sandbox")
            else "choose another name",
        )
