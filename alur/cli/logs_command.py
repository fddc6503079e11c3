"""``alur logs``: prints the output of runs in AWS."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from alur.cli.completion import pipelines
from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.terminal import echo
from alur.text import visible

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.aws.logs import LogLine, LogSource
    from alur.aws_clients import Clients
    from alur.project.environment import Environment
    from alur.project.project import Project

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LATE = timedelta(minutes=5)
_STAMPED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")


class _Duration(click.ParamType[timedelta]):
    """A number with its unit: ``s``, ``m``, ``h`` or ``d``."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,5})([smhd])", value)
        if not match:
            self.fail(f"{value!r} is not a duration such as 30m, 1h or 2d", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.command()
@click.argument("run_id", required=False)
@click.option(
    "--pipeline",
    shell_complete=pipelines,
    help="Only what this pipeline's runs have printed.",
)
@aws_environment_option()
@click.option("--tail", is_flag=True, help="Continue with new lines until the run has ended.")
@click.option(
    "--since", type=_Duration(), default="1h", show_default=True, help="How far to go back."
)
@click.option(
    "--errors", is_flag=True, help="Only what Spark and Glue report, and why runs failed."
)
def command(
    run_id: str | None,
    pipeline: str | None,
    environment: str | None,
    tail: bool,
    since: timedelta,
    errors: bool,
) -> None:
    """Show the output of the run RUN_ID; without an id, all output of the last hour. Times are UTC."""
    from alur.operations.connection import connect
    from alur.project.project import Project

    project = Project.load()
    target = project.environment(chosen_of_aws(environment, project.settings))
    reader = _LogReader(project, target, connect(project, target), errors=errors)
    begin = datetime.now(timezone.utc) - since
    try:
        if run_id:
            reader.show_run(run_id, pipeline, tail=tail)
        elif pipeline:
            reader.show_pipeline(pipeline, begin, tail=tail)
        else:
            reader.show_everything(begin, tail=tail)
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None


class _LogReader:
    """Reads and prints the logs of an environment."""

    def __init__(
        self, project: Project, environment: Environment, clients: Clients, *, errors: bool
    ) -> None:
        from alur.deployment.job_layout import job_layout

        self._project = project
        self._environment = environment
        self._layout = job_layout(project, environment)
        self._clients = clients
        self._kinds = ("error",) if errors else ("output", "error")
        self._section: str | None = None
        self._errors = errors

    def show_run(self, run_id: str, pipeline: str | None, *, tail: bool) -> None:
        """Print one run, from its start to its end; of a job with several pipelines, perhaps only one of these."""
        from alur.aws import jobs, logs

        self._section = self._section_of(pipeline)
        run = jobs.find_run(self._clients, self._jobs(pipeline), run_id)
        self._show_state(run)
        sources = self._sources(run.log_group_prefix, run.run_id)
        # The clocks of Glue and CloudWatch may differ; the streams hold no other run's lines.
        since = run.started - timedelta(minutes=1)
        # Lines arrive some seconds late.
        settled = run.completed and run.completed < datetime.now(timezone.utc) - _LATE
        if tail or (run.ended and not settled):

            def has_ended() -> bool:
                return jobs.run_of(self._clients, run.job, run_id).ended

            self._print(logs.follow(self._clients, sources, since, has_ended, _wait))
        else:
            self._print(logs.read(self._clients, sources, since))
        last = jobs.run_of(self._clients, run.job, run_id)
        if last.state != run.state:
            self._show_state(last)
        if not last.ended:
            echo(
                f"The run continues; follow it: alur logs {run_id} --env {self._environment.name} --tail",
                err=True,
            )

    def show_pipeline(self, pipeline: str, since: datetime, *, tail: bool) -> None:
        """Print the runs of a pipeline since an instant."""
        from alur.aws import jobs, logs

        self._section = self._section_of(pipeline)
        (job,) = self._jobs(pipeline)
        runs = jobs.runs_since(self._clients, job, since)
        for run in reversed(runs):
            self._show_state(run)
        sources = [
            source for run in runs for source in self._sources(run.log_group_prefix, run.run_id)
        ]
        if not sources:
            echo(f"{pipeline} has not run since {since:%Y-%m-%d %H:%M} UTC", err=True)
        elif tail:

            def have_ended() -> bool:
                return all(jobs.run_of(self._clients, job, run.run_id).ended for run in runs)

            self._print(logs.follow(self._clients, sources, since, have_ended, _wait))
        else:
            self._print(logs.read(self._clients, sources, since))

    def show_everything(self, since: datetime, *, tail: bool) -> None:
        """Print all runs of the environment since an instant; with ``tail``, continue until Ctrl-C."""
        from alur.aws import jobs, logs

        failed = jobs.failed_since(self._clients, self._jobs(None), since) if self._errors else []
        for run in failed:
            self._show_state(run)
        sources = self._sources(self._environment.names.log_group_prefix, None)
        if tail:
            _print(logs.follow(self._clients, sources, since, lambda: False, _wait))
        elif not _print(logs.read(self._clients, sources, since)) and not failed:
            echo(f"Nothing was printed since {since:%Y-%m-%d %H:%M} UTC", err=True)

    def _jobs(self, pipeline: str | None) -> list[str]:
        if pipeline:
            return [self._layout.job_of(self._project.pipeline(pipeline).name)]
        return [group.job_name(self._environment.names) for group in self._layout.groups]

    def _section_of(self, pipeline: str | None) -> str | None:
        """Return the pipeline whose lines to print; None for all lines of its job.

        What Spark reports names no pipeline, so ``--errors`` shows that of the whole job.
        """
        if pipeline is None or self._errors:
            return None
        return pipeline if self._layout.group_of(pipeline).is_fused else None

    def _print(self, lines: Iterable[LogLine]) -> None:
        from alur.cli.log_sections import of_pipeline

        _print(of_pipeline(lines, self._section))

    def _sources(self, prefix: str, run_id: str | None) -> list[LogSource]:
        from alur.aws.logs import LogSource

        return [LogSource(f"{prefix}/{kind}", run_id) for kind in self._kinds]

    def _show_state(self, run: JobRun) -> None:
        """Print a run's state and the reason for its failure, which its lines may lack."""
        message = f": {run.message}" if run.message else ""
        echo(f"{run.job} {run.run_id} {run.state}{message}", err=not self._errors)
        if self._errors and run.failed:
            _print(self._failure(run))

    def _failure(self, run: JobRun) -> Iterator[LogLine]:
        """Yield the lines the driver printed about the errors of a run."""
        from alur.aws import logs
        from alur.aws.logs import LogSource
        from alur.cli.log_sections import failures

        source = LogSource(f"{run.log_group_prefix}/output", run.run_id)
        lines = logs.read(self._clients, [source], run.started - timedelta(minutes=1))
        yield from failures(lines)


def _print(lines: Iterable[LogLine]) -> int:
    """Print lines, and return their number; standard output is flushed during each wait, and at the end."""
    count = 0
    for text in _texts(lines):
        sys.stdout.write(f"{visible(text)}\n")
        count += 1
    sys.stdout.flush()
    return count


def _wait(seconds: float) -> None:
    sys.stdout.flush()
    time.sleep(seconds)


def _texts(lines: Iterable[LogLine]) -> Iterator[str]:
    for line in lines:
        stamped = _STAMPED.match(line.text)
        yield line.text if stamped else f"{line.time:%Y-%m-%d %H:%M:%S} {line.text}"
