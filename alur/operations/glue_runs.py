"""Runs pipelines as Glue jobs: starts them, waits for them, and reports how they end."""

from __future__ import annotations

from alur.aws import jobs
from alur.aws.jobs import JobRun
from alur.errors import AlurError, AwsError
from alur.operations.connection import connect, mirror_landing_files
from alur.operations.events import (
    Activity,
    JobEnded,
    JobLeft,
    JobRefused,
    JobStarted,
    JobStarting,
    JobState,
    JobStopping,
    Observer,
    PipelinesNotStarted,
    RunEnded,
    Skipped,
)
from alur.project.environment import Environment
from alur.project.project import Project


class GlueRuns:
    """Runs pipelines in an AWS environment, one after the other.

    Raises:
        AwsError: AWS refuses the credentials, or cannot be reached.
    """

    def __init__(
        self,
        project: Project,
        environment: Environment,
        observe: Observer,
        *,
        stop_on_interrupt: bool,
    ) -> None:
        self._project = project
        self._environment = environment
        self._observe = observe
        self._stop_on_interrupt = stop_on_interrupt
        self._interrupted = False
        self._clients = connect(project, environment)
        mirror_landing_files(project, environment, self._clients, observe)

    def start(self, pipeline: str) -> None:
        """Start a pipeline's job, and leave it."""
        self._start(pipeline, (1, 1), awaited=False)

    def _start(self, pipeline: str, place: tuple[int, int], *, awaited: bool) -> str:
        """Start a pipeline's job; return the run's id.

        Args:
            place: its position and the number of pipelines.
        """
        self._observe(JobStarting(pipeline, self._job(pipeline), *place))
        run_id = jobs.start(self._clients, self._job(pipeline))
        self._observe(JobStarted(pipeline, run_id, awaited))
        return run_id

    def run(self, order: list[str]) -> bool:
        """Run pipelines in the order given; return whether all succeeded.

        Raises:
            AlurError: the only pipeline could not be started or followed.
            KeyboardInterrupt: somebody pressed Ctrl-C; no further pipeline has started.
        """
        failed: dict[str, str] = {}
        for position, name in enumerate(order, 1):
            cause = next(
                (failed[p] for p in self._project.graph.parents[name] if p in failed), None
            )
            if cause is not None:
                failed[name] = cause
                self._observe(Skipped(name, cause))
                continue
            rest = tuple(order[position:])
            try:
                succeeded = self._attempt(name, (position, len(order)))
                if self._interrupted and rest:
                    raise KeyboardInterrupt
            except KeyboardInterrupt:
                if rest:
                    self._observe(PipelinesNotStarted(rest))
                raise
            if not succeeded:
                failed[name] = name
        wrong = sum(name == cause for name, cause in failed.items())
        self._observe(RunEnded(len(order) - len(failed), wrong, len(failed) - wrong))
        return not failed

    def _attempt(self, pipeline: str, place: tuple[int, int]) -> bool:
        """Run one pipeline; return whether it succeeded.

        Raises:
            AlurError: it is the only one, and could not be started or followed; of several, report the error.
        """
        try:
            return self._run(pipeline, place)
        except AlurError as error:
            if place == (1, 1):
                raise
            self._observe(JobRefused(pipeline, error))
            return False

    def _run(self, pipeline: str, place: tuple[int, int]) -> bool:
        """Run one pipeline to its end; return whether it succeeded."""
        run = self._followed(pipeline, self._start(pipeline, place, awaited=True))
        # MaxRetries counts for runs that fail (https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html).
        most = self._environment.settings.job_max_retries
        retries = run.state == "FAILED" and run.attempt < most
        self._observe(JobEnded(pipeline, run, retries, self._environment.name))
        return run.state == "SUCCEEDED"

    def _followed(self, pipeline: str, run_id: str) -> JobRun:
        """Wait for the end of a run, and return it.

        Raises:
            AwsError: AWS no longer reports the run's state.
            KeyboardInterrupt: the user pressed Ctrl-C, and the job continues.
        """
        job = self._job(pipeline)
        states = _States(pipeline, self._observe)
        try:
            return jobs.follow(self._clients, job, run_id, states.report)
        except KeyboardInterrupt:
            self._interrupted = True
            self._observe(Activity())
            if not self._stop_on_interrupt:
                self._observe(JobLeft(pipeline, run_id, self._environment.name))
                raise
            self._observe(JobStopping(pipeline, run_id))
            jobs.stop(self._clients, job, run_id)
            return jobs.follow(self._clients, job, run_id, states.report)
        except AwsError:
            # Expired credentials, for example, do not affect the job.
            self._observe(Activity())
            self._observe(JobLeft(pipeline, run_id, self._environment.name))
            raise
        finally:
            self._observe(Activity())

    def _job(self, pipeline: str) -> str:
        return self._environment.names.job(pipeline)


class _States:
    """Reports each change of a run's state."""

    def __init__(self, pipeline: str, observe: Observer) -> None:
        self._pipeline = pipeline
        self._observe = observe
        self._last = ""

    def report(self, run: JobRun) -> None:
        """Report the seconds of a run, and its state if it has changed."""
        self._observe(Activity(f"{run.state}, {run.seconds} s"))
        if run.state != self._last:
            self._last = run.state
            self._observe(JobState(self._pipeline, run))
