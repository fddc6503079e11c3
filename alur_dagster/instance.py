"""Locates a project's Dagster instance, shared by the web UI and the command line, without importing Dagster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAGSTER_YAML = """\
# Dagster's instance for this project: runs, events and schedules, in SQLite beside this file.
telemetry:
  enabled: false
nux:
  enabled: false
# Each run has its own engine, which uses all cores, and waits for tables locked by another run.
concurrency:
  runs:
    max_concurrent_runs: 2
"""


ENVIRONMENT_VARIABLE = "ALUR_ENVIRONMENT"
"""The variable with the environment whose tables Dagster shows and writes."""


def locate_home(root: Path, clone: Path | None = None) -> Path:
    """Return the folder for ``DAGSTER_HOME``: the variable's value if it is set, otherwise ``.alur/dagster``.

    Args:
        clone: the folder of an environment that ``alur new-env`` made: it has an instance of its own.
    """
    if clone is not None:
        return clone / "dagster"
    chosen = os.environ.get("DAGSTER_HOME")
    return Path(chosen).expanduser().absolute() if chosen else root.resolve() / ".alur" / "dagster"


def prepare_home(root: Path, clone: Path | None = None) -> Path:
    """Return the folder for ``DAGSTER_HOME``, as :func:`locate_home` does; create it if it is missing."""
    home = locate_home(root, clone)
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    is_own = clone is not None or not os.environ.get("DAGSTER_HOME")
    if is_own and not configuration.exists():
        with opening(home):
            # A concurrent reader finds the whole file or none.
            unfinished = configuration.with_suffix(".part")
            unfinished.write_text(_DAGSTER_YAML, encoding="utf-8")
            unfinished.replace(configuration)
    return home


@contextmanager
def opening(home: Path) -> Iterator[None]:
    """Block other processes while this one opens the instance in ``home``.

    The first process creates its databases, and Dagster's migrations fail if several processes run them at once.
    """
    from filelock import FileLock

    with FileLock(home / "opening.lock"):
        yield
