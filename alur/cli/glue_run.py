"""Runs pipelines as Glue jobs: starts them, waits for them, and reports their results."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from alur.cli.failures import report
from alur.cli.spinner import Spinner
from alur.cli.terminal import ERROR, OK, TICK, echo
from alur.text import counted

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.project.environment import Environment
    from alur.project.project import Project

_INTERRUPTED = 130
"""The exit code of a command ended by Ctrl-C, by the convention of shells."""


class GlueRun:
    """Runs pipelines in an AWS environment, one after the other."""

    def __init__(
        self, project: Project, environment: Environment, *, stop_on_interrupt: bool
    ) -> None:
        from alur.cli.deployments import bring_landing_files, connected

        self._project = project
        self._environment = environment
        self._stop_on_interrupt = stop_on_interrupt
        self._interrupted = False
        self._clients = connected(project, environment)
        if environment.is_sandbox:
            bring_landing_files(project, self._clients)

    def start(self, pipeline: str) -> str:
        """Start a pipeline's job; return the run's id."""
        from alur.aws import jobs

        job = self._job(pipeline)
        echo(f"Starting Glue job: {job}")
        run_id = jobs.start(self._clients, job)
        echo(f"  {TICK} Job started successfully")
        echo(f"  Job Run ID: {run_id}")
        return run_id

    def run(self, names: list[str]) -> bool:
        """Run pipelines in the order given; return whether all succeeded.

        After a failure, only the pipelines downstream of it are skipped. After Ctrl-C, no further pipeline starts.
        """
        failed: dict[str, str] = {}
        for position, name in enumerate(names):
            because = next((p for p in self._project.graph.parents[name] if p in failed), None)
            if because is not None:
                failed[name] = failed[because]
                echo(f"- {name} skipped: it waits for {failed[name]}, which failed\n")
                continue
            rest = names[position + 1 :]
            try:
                went_well = self._run_or_tell(name, alone=len(names) == 1)
            except KeyboardInterrupt:
                _stop_before(rest)
            if not went_well:
                failed[name] = name
            if len(names) > 1:
                echo()
            if self._interrupted and rest:
                _stop_before(rest)
        if len(names) > 1:
            self._sum_up(names, failed)
        return not failed

    def _run_or_tell(self, pipeline: str, *, alone: bool) -> bool:
        """Run one pipeline; if there are others, report its error instead of raising it."""
        from alur.errors import AlurError

        try:
            return self._run(pipeline)
        except AlurError as error:
            if alone:
                raise
            report(error)
            return False

    def _run(self, pipeline: str) -> bool:
        """Run one pipeline to its end; return whether it succeeded."""
        run_id = self.start(pipeline)
        echo("\nWaiting for job to complete...")
        ended = self._followed(pipeline, run_id)
        echo(f"  {_figures(ended)}")
        if ended.state == "SUCCEEDED":
            echo(f"\n{OK} Pipeline {pipeline!r} completed successfully!")
            return True
        message = f": {ended.message}" if ended.message else ""
        echo(f"\n{ERROR} Pipeline {pipeline!r} ended as {ended.state}{message}", err=True)
        echo(f"  fix: see why: {self._logs(run_id)}", err=True)
        # MaxRetries counts for runs that fail (https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html).
        if ended.state == "FAILED" and ended.attempt < self._environment.settings.job_max_retries:
            again = f"alur status --env {self._environment.name}"
            echo(f"  Glue tries again by itself: {again} shows how that ends", err=True)
        return False

    def _followed(self, pipeline: str, run_id: str) -> JobRun:
        """Wait for the end of a run, and return it.

        Raises:
            AwsError: AWS no longer reports the run's state.
            KeyboardInterrupt: the user pressed Ctrl-C, and the job continues.
        """
        from alur.aws import jobs
        from alur.errors import AwsError

        job = self._job(pipeline)
        with _States() as states:
            try:
                return jobs.follow(self._clients, job, run_id, states.show)
            except KeyboardInterrupt:
                states.pause()
                self._interrupted = True
                if not self._stop_on_interrupt:
                    self._tell_of_the_job(run_id)
                    raise
                echo("Stopping the job...", err=True)
                jobs.stop(self._clients, job, run_id)
                return jobs.follow(self._clients, job, run_id, states.show)
            except AwsError:
                # Expired credentials, for example, do not affect the job.
                states.pause()
                self._tell_of_the_job(run_id)
                raise

    def _tell_of_the_job(self, run_id: str) -> None:
        echo("Stopped waiting; the job continues. To see how it ends:", err=True)
        echo(f"  {self._logs(run_id)} --tail", err=True)

    def _sum_up(self, names: list[str], failed: dict[str, str]) -> None:
        went_wrong = sum(name == because for name, because in failed.items())
        skipped = len(failed) - went_wrong
        done = len(names) - len(failed)
        if failed:
            echo(f"{ERROR} {went_wrong} failed, {skipped} skipped, {done} completed", err=True)
        else:
            echo(f"{OK} {counted(done, 'pipeline')} completed")

    def _job(self, pipeline: str) -> str:
        return self._environment.names.job(pipeline)

    def _logs(self, run_id: str) -> str:
        return f"alur logs {run_id} --env {self._environment.name}"


def _stop_before(rest: list[str]) -> NoReturn:
    """End the command after Ctrl-C, and list the pipelines not started."""
    if rest:
        echo(f"Not started: {', '.join(rest)}", err=True)
    raise click.exceptions.Exit(_INTERRUPTED)


class _States:
    """Prints a line for each change of a run's state; on a terminal, with a spinner below."""

    def __init__(self) -> None:
        self._spinner = Spinner("waiting")
        self._last = ""

    def __enter__(self) -> _States:
        self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def pause(self) -> None:
        """Remove the spinner."""
        self._spinner.stop()

    def show(self, run: JobRun) -> None:
        """Report a run's state."""
        self._spinner.update(f"{run.state}, {run.seconds} s")
        if run.state != self._last:
            self._last = run.state
            self._spinner.echo(f"  Status: {run.state}{'' if run.ended else '...'}")


def _figures(run: JobRun) -> str:
    from alur.aws.jobs import PRICED_REGION

    minutes, seconds = divmod(run.seconds, 60)
    duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    if run.dpu_hours is None or run.cost is None:
        return f"Duration: {duration}"
    cost = f"about ${run.cost:.2f} at the price of {PRICED_REGION}"
    return f"Duration: {duration}; {run.dpu_hours:.3f} DPU-hours, {cost}"
