"""Where a project's Dagster instance is: one for the web UI and the command line. Imports nothing of Dagster."""

from __future__ import annotations

import os
from pathlib import Path

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
    """The folder for ``DAGSTER_HOME``: the variable's own where it is set, otherwise ``.alur/dagster``, made if need be."""
    chosen = os.environ.get("DAGSTER_HOME")
    home = Path(chosen).expanduser() if chosen else root.resolve() / ".alur" / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not chosen and not configuration.exists():
        configuration.write_text(_DAGSTER_YAML, encoding="utf-8")
    return home
