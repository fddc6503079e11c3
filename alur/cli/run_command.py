"""``alur run``: runs one pipeline or the whole graph, on this machine or as Glue jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from alur.cli.completion import pipelines
from alur.cli.environments import chosen, environment_option
from alur.project.settings import LOCAL

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.runtime.results import Event


@click.command()
@click.argument("pipeline", required=False, shell_complete=pipelines)
@click.option("--all", "everything", is_flag=True, help="Run the whole graph in its order.")
@environment_option()
@click.option("--no-wait", is_flag=True, help="Start the job, and do not wait for its end.")
@click.option("--stop-on-interrupt", is_flag=True, help="Let Ctrl-C stop the job, too.")
def command(
    pipeline: str | None,
    everything: bool,
    environment: str | None,
    no_wait: bool,
    stop_on_interrupt: bool,
) -> None:
    """Run PIPELINE, or the whole graph with --all.

    The environment local is this machine; in any other, pipelines run as Glue jobs.
    """
    if (pipeline is None) != everything:
        raise click.UsageError("Name a pipeline, or say --all.")
    if everything and no_wait:
        raise click.UsageError("--all waits: each pipeline starts when those before it have ended.")
    from alur.project.project import Project

    project = Project.load()
    target = project.environment(chosen(environment, project.settings))
    names = [project.pipeline(pipeline).name] if pipeline else project.graph.order()
    if target.name == LOCAL:
        went_well = _run_here(project, names)
    else:
        from alur.cli.glue_run import GlueRun

        with _local_remedy(pipeline or "--all"):
            run = GlueRun(project, target, stop_on_interrupt=stop_on_interrupt)
        if pipeline and no_wait:
            run.start(pipeline)
            return
        went_well = run.run(names)
    if not went_well:
        raise click.exceptions.Exit(1)


@contextmanager
def _local_remedy(what: str) -> Iterator[None]:
    """If AWS cannot be reached, suggest a local run first."""
    from alur.errors import AwsError

    try:
        yield
    except AwsError as error:
        remedy = f"run on this machine with alur run {what} --env {LOCAL}; for AWS, {error.remedy}"
        raise AwsError(error.message, remedy=remedy) from error


def _run_here(project: Project, names: list[str]) -> bool:
    """Run pipelines on this machine; return whether all succeeded."""
    from alur.cli.recording import Recorder

    began = time.perf_counter()
    # The recorder's process imports Dagster while this one imports Spark and Iceberg.
    with Recorder(project) as recorder:
        from alur.cli.run_display import RunDisplay
        from alur.runtime.graph_run import run_graph
        from alur.runtime.local import open_runtime

        with RunDisplay(project, names) as display:

            def observe(event: Event) -> None:
                display.show(event)
                recorder.record(event)

            with open_runtime(project) as runtime:
                for _ in run_graph(project, names, runtime, observe):
                    pass
    display.finish(time.perf_counter() - began)
    return display.went_well
