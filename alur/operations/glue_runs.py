"""Runs pipelines as Glue jobs: starts them, waits for them, and reports how they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alur.aws import jobs
from alur.aws.arguments import run_arguments
from alur.aws.jobs import JobRun
from alur.deployment.job_arguments import (
    MAINTAIN,
    PIPELINE,
    REBUILD,
    TEMPORARY,
    parsed_pipelines,
    rebuild_arguments,
    retry_arguments,
)
from alur.deployment.job_layout import job_layout
from alur.errors import AlurError, AwsError
from alur.operations.clone_runs import clone_arguments
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
from alur.runtime.fused_runs import PipelineOutcome, read_outcomes
from alur.runtime.s3_location import S3Location


@dataclass(frozen=True, slots=True)
class _Step:
    """Pipelines to run in one job.

    Attributes:
        position: the place of the first among all pipelines to run, from 1.
        total: how many pipelines are to run.
        job: the job's name; empty for the one that the pipelines have now.
        arguments: of the run; empty for those that name the pipelines.
    """

    pipelines: tuple[str, ...]
    position: int
    total: int
    job: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return their names."""
        return ", ".join(self.pipelines)


class GlueRuns:
    """Runs pipelines in an AWS environment, job by job.

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
        rebuild: bool = False,
    ) -> None:
        self._project = project
        self._environment = environment
        self._layout = job_layout(project, environment)
        self._observe = observe
        self._stop_on_interrupt = stop_on_interrupt
        self._rebuild = rebuild
        self._interrupted = False
        self._clients = connect(project, environment)
        mirror_landing_files(project, environment, self._clients, observe)
        self._own_arguments = (
            clone_arguments(project, environment, self._clients, observe)
            if environment.clone
            else {}
        )

    def start(self, pipeline: str) -> None:
        """Start a pipeline's job, and leave it."""
        self._start(_Step((pipeline,), 1, 1), awaited=False)

    def retry(self, run_id: str, *, wait: bool) -> bool:
        """Repeat a run that has failed; what it has written stays. Return whether the new run succeeded.

        Raises:
            AwsError: there is no such run, it has not ended or has succeeded, or AWS refuses.
        """
        names = [group.job_name(self._environment.names) for group in self._layout.groups]
        run = jobs.find_run(self._clients, names, run_id)
        if not run.ended or run.state == "SUCCEEDED":
            raise AwsError(
                f"the run {run_id} of {run.job} is {run.state}: only failed runs are repeated",
                remedy=f"alur status --env {self._environment.name} shows the last run of each job",
            )
        arguments = run_arguments(self._clients, run.job, run_id)
        if arguments.get(MAINTAIN):
            raise AwsError(
                f"the run {run_id} only maintained a table",
                remedy=f"alur maintain --env {self._environment.name}",
            )
        if arguments.get(REBUILD):
            raise AwsError(
                f"the run {run_id} made tables anew",
                remedy=f"alur rebuild TABLE --env {self._environment.name}",
            )
        pipelines = parsed_pipelines(arguments[PIPELINE])
        step = _Step(pipelines, 1, len(pipelines), run.job, retry_arguments(arguments, run_id))
        if not wait:
            self._start(step, awaited=False)
            return True
        return not self._run(step)

    def _start(self, step: _Step, *, awaited: bool) -> str:
        """Start the job of some pipelines; return the run's id."""
        job = self._job(step)
        self._observe(JobStarting(step.title, job, step.position, step.total, step.pipelines))
        arguments = dict(step.arguments or self._layout.arguments_of(step.pipelines))
        arguments |= self._own_arguments.get(job, {})
        if self._rebuild:
            arguments |= rebuild_arguments(step.pipelines)
        run_id = jobs.start(self._clients, job, arguments)
        self._observe(JobStarted(step.title, run_id, awaited))
        return run_id

    def run(self, order: list[str]) -> bool:
        """Run pipelines, those of one job together, each job after those it waits for; return whether all succeeded.

        Raises:
            AlurError: the only job could not be started or followed.
            KeyboardInterrupt: somebody pressed Ctrl-C; no further job has started.
        """
        failed: dict[str, str] = {}
        steps = [pipelines for _, pipelines in self._layout.ordered(order)]
        begun = 0
        for number, wanted in enumerate(steps, 1):
            position = begun + 1
            begun += len(wanted)
            pipelines = self._without_skipped(wanted, failed)
            if not pipelines:
                continue
            rest = tuple(name for later in steps[number:] for name in later)
            try:
                failed |= self._attempt(_Step(pipelines, position, len(order)), len(steps) == 1)
                if self._interrupted and rest:
                    raise KeyboardInterrupt
            except KeyboardInterrupt:
                if rest:
                    self._observe(PipelinesNotStarted(rest))
                raise
        wrong = sum(name == cause for name, cause in failed.items())
        self._observe(RunEnded(len(order) - len(failed), wrong, len(failed) - wrong))
        return not failed

    def _without_skipped(
        self, pipelines: tuple[str, ...], failed: dict[str, str]
    ) -> tuple[str, ...]:
        """Return the pipelines that wait for no failed one; add the others to these, and report them."""
        left = []
        for name in pipelines:
            parents = self._project.graph.parents[name]
            cause = next((failed[parent] for parent in parents if parent in failed), None)
            if cause is None:
                left.append(name)
            else:
                failed[name] = cause
                self._observe(Skipped(name, cause))
        return tuple(left)

    def _attempt(self, step: _Step, is_only: bool) -> dict[str, str]:
        """Run the pipelines of one job; return those that did not succeed, each with the pipeline that failed.

        Raises:
            AlurError: it is the only job, and could not be started or followed; of several, report the error.
        """
        try:
            return self._run(step)
        except AlurError as error:
            if is_only:
                raise
            self._observe(JobRefused(step.title, error))
            return {name: name for name in step.pipelines}

    def _run(self, step: _Step) -> dict[str, str]:
        """Run the pipelines of one job to its end; return those that did not succeed."""
        run = self._followed(step, self._start(step, awaited=True))
        # MaxRetries counts for runs that fail (https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html).
        most = self._environment.settings.job_max_retries
        retries = run.state == "FAILED" and run.attempt < most
        outcomes = self._outcomes(run) if len(step.pipelines) > 1 else ()
        self._observe(JobEnded(step.title, run, retries, self._environment.name, outcomes))
        if run.state == "SUCCEEDED":
            return {}
        ended = {one.pipeline: one for one in outcomes}
        return {
            name: (ended[name].because_of if name in ended else "") or name
            for name in step.pipelines
            if name not in ended or ended[name].state != "SUCCEEDED"
        }

    def _job(self, step: _Step) -> str:
        return step.job or self._layout.job_of(step.pipelines[0])

    def _outcomes(self, run: JobRun) -> tuple[PipelineOutcome, ...]:
        temporary = S3Location.parse(jobs.argument(self._clients, run.job, TEMPORARY))
        return read_outcomes(self._clients, temporary, run.run_id)

    def _followed(self, step: _Step, run_id: str) -> JobRun:
        """Wait for the end of a run, and return it.

        Raises:
            AwsError: AWS no longer reports the run's state.
            KeyboardInterrupt: the user pressed Ctrl-C, and the job continues.
        """
        pipeline = step.title
        job = self._job(step)
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
