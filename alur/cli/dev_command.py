"""``alur dev``: Dagster's web UI for this project."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=3000, show_default=True, help="The port to listen on.")
def command(host: str, port: int) -> None:
    """Open Dagster's web UI: lineage, checks, schedules and materializations of this project."""
    from alur.errors import AlurError
    from alur.project.settings import find_root

    root = find_root(Path.cwd())
    if find_spec("dagster") is None or find_spec("dagster_webserver") is None:
        raise AlurError("Dagster is not installed", remedy='pip install "alur[dagster]"')
    from alur_dagster.instance import prepare_home

    os.environ.setdefault("DAGSTER_HOME", str(prepare_home(root)))
    os.chdir(root)
    click.echo(f"Dagster's web UI: http://{host}:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    arguments = ["dev", "-m", "alur_dagster.definitions", "-h", host, "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "dagster", *arguments])  # noqa: S606
