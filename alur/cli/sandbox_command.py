"""``alur sandbox``: manages an emulated AWS on this machine."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from alur.cli.completion import pipelines
from alur.cli.instants import Period
from alur.cli.output import json_option, output
from alur.cli.spinner import Spinner
from alur.cli.terminal import echo

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.sandbox.client.sandbox import Sandbox
    from alur.sandbox.state_file import JobEngineName


_ENGINE = click.option(
    "--engine",
    type=click.Choice(["sail", "spark"]),
    default="sail",
    show_default=True,
    help="What jobs run on: Sail, or Spark on the JVM with Iceberg's runtime, as Glue has them.",
)


@click.group("sandbox")
def command() -> None:
    """Run the deployed project in an emulated AWS on this machine."""


@command.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="P",
    help="Its port; by default a free one.",
)
@_ENGINE
def up(port: int, engine: JobEngineName) -> None:
    """Start an empty AWS on this machine.

    It listens on 127.0.0.1 only, and runs until `alur sandbox down`.
    """
    project, sandbox = _sandbox()
    with Spinner("Starting the sandbox"):
        state = sandbox.up(port, engine)
    echo(f"The sandbox is up at {state.address} (account {state.account_id}, {state.region})")
    echo(f"  Jobs run on:   {state.engine_version}")
    name = project.environment("sandbox").settings.landing
    echo(f"  Landing files: {name}/ comes along with each deploy, run and fire")
    echo("  Deploy:        alur deploy --env sandbox")
    echo("  Fire a rule:   alur sandbox fire <pipeline>")


@command.command()
def down() -> None:
    """Stop the sandbox and delete everything in it."""
    _, sandbox = _sandbox()
    if sandbox.down():
        echo("The sandbox is down, and all that it held is gone")
    else:
        echo("The sandbox is not up")


@command.command()
@json_option
def status(as_json: bool) -> None:
    """Show the contents of the sandbox, and what the last run of each job has requested of S3.

    Exit with 1 if it is down.
    """
    from alur.cli.sandbox_status import read_status

    with output(as_json=as_json) as out:
        project, sandbox = _sandbox()
        if as_json or sandbox.state() is not None:
            out.show(read_status(project, sandbox.enter()))
            return
    echo("The sandbox is not up; start it with alur sandbox up")
    raise click.exceptions.Exit(1)


@command.command()
@click.argument("pipeline", required=False, shell_complete=pipelines)
@click.option("--at", "period", type=Period(), help="Fire all rules due in a period, in order.")
@click.option("--even-if-disabled", is_flag=True, help="Fire schedules that are off, too.")
@json_option
def fire(
    pipeline: str | None,
    period: tuple[datetime, datetime] | None,
    even_if_disabled: bool,
    as_json: bool,
) -> None:
    """Fire the rules of PIPELINE's schedules.

    As in EventBridge, each rule starts its Glue workflow. Waits until no job runs.
    """
    from alur.operations import fire as fire_rules
    from alur.project.project import Project

    if pipeline is None and period is None:
        raise click.UsageError("Name a pipeline, or a period with --at.")
    with output(as_json=as_json) as out:
        project = Project.load()
        result = fire_rules(
            project, pipeline, period, even_if_disabled=even_if_disabled, observe=out.show
        )
        # A single rule needs no summary.
        if as_json or (period and result.instants):
            out.show(result)
    if not result.succeeded or (period is None and not result.rules):
        raise click.exceptions.Exit(1)


@command.command()
@click.option("--keep", is_flag=True, help="Leave the sandbox up, to look at what it holds.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="LAYER.TABLE.COLUMN",
    help="Leave out a column that differs from run to run, such as a time. May be repeated.",
)
@_ENGINE
@json_option
def verify(keep: bool, ignored: tuple[str, ...], engine: JobEngineName, as_json: bool) -> None:
    """Prove that the deployed project gives the same results as this machine.

    Starts a sandbox, deploys to it, fires each schedule, runs the same pipelines on this machine, and compares the runs
    and every table, row by row.
    """
    from alur.operations import verify as verify_project
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        result = verify_project(
            project, ignored=ignored, engine=engine, keep=keep, observe=out.show
        )
        out.show(result)
    if not result.proof.holds:
        raise click.exceptions.Exit(1)


def _sandbox() -> tuple[Project, Sandbox]:
    from alur.operations.connection import sandbox_of
    from alur.project.project import Project

    project = Project.load()
    return project, sandbox_of(project)
