"""Runs pipelines, on this machine or as Glue jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from alur.errors import AwsError, PipelineError
from alur.operations.events import Activity, Failed, Observer, RunEnded, Skipped, ignore
from alur.project.project import Project
from alur.project.settings import LOCAL

if TYPE_CHECKING:
    from alur.operations.glue_runs import GlueRuns
    from alur.project.environment import Environment
    from alur.runtime.results import Event


def run(  # noqa: PLR0913 - each has a default
    project: Project,
    pipelines: Iterable[str] | None = None,
    environment: str = LOCAL,
    *,
    wait: bool = True,
    stop_on_interrupt: bool = False,
    skip_unchanged: bool = False,
    rebuild: bool = False,
    openlineage_url: str | None = None,
    observe: Observer = ignore,
) -> bool:
    """Run pipelines in the order of the graph; return whether all succeeded.

    After a failure, the pipelines that depend on the failed one are skipped, and the others run.

    Args:
        pipelines: their names; None for all.
        environment: ``local``, or a clone of it, for this machine; in any other, pipelines run as Glue jobs, one after the
            other.
        wait: whether to wait for the end of Glue jobs. Without it, exactly one pipeline can run.
        stop_on_interrupt: whether Ctrl-C stops the running Glue job, too.
        skip_unchanged: whether to skip pipelines whose sources and code are those of their last run; only on this machine.
        rebuild: whether each table is made anew from all rows of its sources, in one commit, whatever the mode of its pipeline.
        openlineage_url: where to send events of OpenLineage: to a server, or to a file with ``file:///PATH``; only on this
            machine.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        PipelineError: there is no such pipeline, several are to run without waiting, or Glue jobs are to be skipped.
        AlurError: the engine is not available, or AWS refuses.
        KeyboardInterrupt: somebody pressed Ctrl-C; no further pipeline has started.

    >>> def run_every_table():
    ...     run(Project.load(), observe=print)
    """
    names = None if pipelines is None else [project.pipeline(name).name for name in pipelines]
    order = project.graph.order(names)
    target = project.environment(environment)
    if target.is_local:
        return _run_here(
            project,
            order,
            target,
            observe,
            skip_unchanged=skip_unchanged,
            rebuild=rebuild,
            openlineage_url=openlineage_url,
        )
    if skip_unchanged:
        raise PipelineError(
            f"unchanged pipelines cannot be skipped in {target.name!r}: only runs on this machine can be",
            remedy=f"leave --skip-unchanged out, or run with --env {LOCAL}",
        )
    if not wait and len(order) != 1:
        raise PipelineError(
            f"{len(order)} pipelines cannot run without waiting for each",
            remedy="name one pipeline, or wait",
        )
    runs = _glue_runs(
        project, target, names, observe, stop_on_interrupt=stop_on_interrupt, rebuild=rebuild
    )
    if wait:
        return runs.run(order)
    (pipeline,) = order
    runs.start(pipeline)
    return True


def retry(
    project: Project,
    run_id: str,
    environment: str,
    *,
    wait: bool = True,
    stop_on_interrupt: bool = False,
    observe: Observer = ignore,
) -> bool:
    """Repeat the failed run of a Glue job; return whether the new run succeeded.

    The tables that the failed run has written stay as they are, so of a job with several pipelines only those run that
    had failed, or were skipped.

    Args:
        environment: a name in alur.toml, or ``sandbox``.
        wait: whether to wait for the end of the new run.
        stop_on_interrupt: whether Ctrl-C stops the new run, too.
        observe: receives each event of ``alur.operations.events``.

    Raises:
        AwsError: there is no such run, it has not failed, or AWS refuses.
        KeyboardInterrupt: somebody pressed Ctrl-C.

    >>> def repeat_last_night(run_id):
    ...     retry(Project.load(), run_id, "prod", observe=print)
    """
    target = project.environment(environment)
    runs = _glue_runs(project, target, None, observe, stop_on_interrupt=stop_on_interrupt)
    return runs.retry(run_id, wait=wait)


def _run_here(
    project: Project,
    order: list[str],
    environment: Environment,
    observe: Observer,
    *,
    skip_unchanged: bool,
    rebuild: bool,
    openlineage_url: str | None,
) -> bool:
    observe(Activity("starting the engine"))
    from alur.operations.openlineage import LineageEvents, local_url
    from alur.operations.recording import Recorder
    from alur.runtime.graph_run import run_graph
    from alur.runtime.local import open_runtime
    from alur.runtime.places import Places
    from alur.runtime.plan_reading import reading_plans

    recorder = Recorder(project, environment, observe)
    with reading_plans(project) as plans:
        url = openlineage_url or local_url(project, environment)
        lineage = LineageEvents(url, project, environment, observe, plans.facts)

        def report(event: Event) -> None:
            # An end that somebody has seen is one that Dagster will show.
            recorder.record(event)
            observe(event)
            lineage.record(event)

        with open_runtime(project, Places.of(project, environment.name)) as opened:
            runtime = replace(opened, reader=plans, rebuilds=rebuild)
            outcomes = run_graph(project, order, runtime, report, skip_unchanged=skip_unchanged)
            ends = list(outcomes)
            observe(Activity("closing the engine"))
    observe(Activity())
    failed, skipped = (sum(isinstance(end, kind) for end in ends) for kind in (Failed, Skipped))
    observe(RunEnded(len(ends) - failed - skipped, failed, skipped))
    return not failed


def _glue_runs(
    project: Project,
    environment: Environment,
    names: list[str] | None,
    observe: Observer,
    *,
    stop_on_interrupt: bool,
    rebuild: bool = False,
) -> GlueRuns:
    """Connect to an environment; if AWS cannot be reached, suggest a run on this machine first."""
    from alur.operations.glue_runs import GlueRuns

    try:
        return GlueRuns(
            project, environment, observe, stop_on_interrupt=stop_on_interrupt, rebuild=rebuild
        )
    except AwsError as error:
        what = names[0] if names and len(names) == 1 else "--all"
        remedy = f"run on this machine with alur run {what} --env {LOCAL}; for AWS, {error.remedy}"
        raise AwsError(error.message, remedy=remedy) from error
