"""Where a project's Dagster instance is: one for the web UI and the command line. Imports nothing of Dagster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

_DAGSTER_YAML = """\
# Dagster's instance for this project: runs, events and schedules, in SQLite beside this file.
telemetry:
  enabled: false
nux:
  enabled: false
# Each run is an engine that takes all cores, and waits for the tables that another run holds.
concurrency:
  runs:
    max_concurrent_runs: 2
"""


def prepare_home(root: Path) -> Path:
    """Return the folder for ``DAGSTER_HOME``, made if need be.

    It is the variable's own where it is set, otherwise ``.alur/dagster`` in the project.
    """
    chosen = os.environ.get("DAGSTER_HOME")
    home = Path(chosen).expanduser().absolute() if chosen else root.resolve() / ".alur" / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not chosen and not configuration.exists():
        with opening(home):
            # Whoever reads it meanwhile finds all of it or nothing.
            unfinished = configuration.with_suffix(".part")
            unfinished.write_text(_DAGSTER_YAML, encoding="utf-8")
            unfinished.replace(configuration)
    return home


@contextmanager
def opening(home: Path) -> Iterator[None]:
    """Hold off other processes while this one opens the instance in ``home``.

    The first to open it makes its databases, and Dagster's migrations fail where several make the same at once.
    """
    with FileLock(home / "opening.lock"):
        yield
