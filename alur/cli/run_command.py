"""``alur run``: runs one pipeline or the whole graph, on this machine or as Glue jobs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from alur.cli.completion import pipelines
from alur.cli.environments import chosen, environment_option
from alur.cli.failures import INTERRUPTED
from alur.cli.output import Output, TextOutput, json_option, output
from alur.cli.terminal import OK

if TYPE_CHECKING:
    from alur.cli.run_display import RunDisplay
    from alur.project.environment import Environment
    from alur.project.project import Project


@click.command()
@click.argument("pipeline", required=False, shell_complete=pipelines)
@click.option("--all", "everything", is_flag=True, help="Run the whole graph in its order.")
@click.option("--changed", is_flag=True, help="Run the pipelines that alur plan finds to need it.")
@click.option(
    "--retry",
    metavar="RUN_ID",
    help="Repeat a failed run of a Glue job, without what it has written.",
)
@environment_option()
@click.option("--no-wait", is_flag=True, help="Start the job, and do not wait for its end.")
@click.option("--stop-on-interrupt", is_flag=True, help="Let Ctrl-C stop the job, too.")
@click.option(
    "--skip-unchanged",
    is_flag=True,
    help="Skip pipelines whose sources and code have not changed since their last run (local only).",
)
@click.option(
    "--openlineage-url",
    metavar="URL",
    help="Send OpenLineage's events there, or to a file: file:///PATH; by default to a file in .alur (local only).",
)
@json_option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    pipeline: str | None,
    everything: bool,
    changed: bool,
    retry: str | None,
    environment: str | None,
    no_wait: bool,
    stop_on_interrupt: bool,
    skip_unchanged: bool,
    openlineage_url: str | None,
    as_json: bool,
) -> None:
    """Run PIPELINE, or the whole graph with --all, or what has changed with --changed, or a failed run again with --retry.

    The environment local, and each clone of it, is on this machine; in any other, pipelines run as Glue jobs.
    """
    if [pipeline is not None, everything, changed, retry is not None].count(True) != 1:
        raise click.UsageError("Name a pipeline, or say --all, --changed or --retry.")
    if (everything or changed) and no_wait:
        option = "--all" if everything else "--changed"
        raise click.UsageError(
            f"{option} waits: each pipeline starts when those before it have ended."
        )
    from alur.operations import run
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        target = project.environment(chosen(environment, project.settings))
        if openlineage_url and not target.is_local:
            raise click.UsageError("--openlineage-url is for runs on this machine.")
        if retry:
            _retry(project, retry, target, out, wait=not no_wait, stop=stop_on_interrupt)
            return
        names = [project.pipeline(pipeline).name] if pipeline else None
        if changed:
            names = _changed(project, target.name, out)
            if not names:
                return
        with display_of(out, project, names, target) as display:
            try:
                succeeded = run(
                    project,
                    names,
                    target.name,
                    wait=not no_wait,
                    stop_on_interrupt=stop_on_interrupt,
                    skip_unchanged=skip_unchanged,
                    openlineage_url=openlineage_url,
                    observe=display.show,
                )
            except KeyboardInterrupt:
                if target.is_local:
                    raise
                raise click.exceptions.Exit(INTERRUPTED) from None
    if not succeeded:
        raise click.exceptions.Exit(1)


def _retry(
    project: Project, run_id: str, environment: Environment, out: Output, *, wait: bool, stop: bool
) -> None:
    """Repeat the failed run of a Glue job; exit with 1 if the new run fails."""
    from alur.operations import retry

    if environment.is_local:
        raise click.UsageError("--retry is for Glue jobs: name their environment with --env.")
    try:
        succeeded = retry(
            project, run_id, environment.name, wait=wait, stop_on_interrupt=stop, observe=out.show
        )
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    if not succeeded:
        raise click.exceptions.Exit(1)


def _changed(project: Project, environment: str, out: Output) -> list[str]:
    """Return the pipelines that need a run; say so if there are none."""
    from alur.operations.planning.changed_runs import changed_pipelines

    names = changed_pipelines(project, environment, observe=out.show)
    if not names and isinstance(out, TextOutput):
        out.line(f"{OK} No pipeline needs a run")
    return names


def display_of(
    out: Output, project: Project, names: list[str] | None, target: Environment
) -> AbstractContextManager[Output | RunDisplay]:
    """Return what shows the run: for people, a run on this machine has a display of its own."""
    if not target.is_local or not isinstance(out, TextOutput):
        return nullcontext(out)
    from alur.cli.run_display import RunDisplay

    return RunDisplay(project, names or project.graph.order(), target)
