"""Starts Glue jobs, follows their runs, and stops them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from alur.aws_clients import Clients, aws_errors
from alur.deployment.job_arguments import LOG_GROUP_PREFIX
from alur.errors import AwsError

TERMINAL = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
"""The states in which a run has ended (https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html)."""

DOLLARS_PER_DPU_HOUR = 0.44
"""The price in us-east-1 (https://aws.amazon.com/glue/pricing/); prices differ between regions."""

PRICED_REGION = "us-east-1"
"""The region of that price."""

_BILLED_SECONDS_AT_LEAST = 60
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 15.0, 1.4
_AT_ONCE = 8
_RUNS_MEASURED = 20

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run of a job, as Glue reports it.

    Attributes:
        seconds: the duration, without the wait for its start.
        dpu_hours: the charged DPU hours; None until Glue reports them.
        message: the reason for a failure; empty otherwise.
        log_group_prefix: the beginning of its log groups' names.
        attempt: 0 for the first attempt, more for Glue's retries.
    """

    job: str
    run_id: str
    state: str
    started: datetime
    completed: datetime | None
    seconds: int
    dpu_hours: float | None
    message: str
    log_group_prefix: str
    attempt: int

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.state in TERMINAL

    @property
    def failed(self) -> bool:
        """Whether the run is over, and neither succeeded nor was stopped."""
        return self.ended and self.state not in ("SUCCEEDED", "STOPPED")

    @property
    def cost(self) -> float | None:
        """The cost in US dollars, at the price of ``PRICED_REGION``, whatever the run's region."""
        return None if self.dpu_hours is None else self.dpu_hours * DOLLARS_PER_DPU_HOUR


def start(clients: Clients, job: str, arguments: Mapping[str, str] | None = None) -> str:
    """Start a job; return the run's id.

    Args:
        arguments: those of the run alone; they replace the job's own.

    Raises:
        AwsError: there is no such job, too many of its runs are active, or AWS refuses.
    """
    glue = clients("glue")
    with aws_errors(f"{job} cannot be started"):
        try:
            run = glue.start_job_run(JobName=job, Arguments=dict(arguments or {}))
        except glue.exceptions.EntityNotFoundException:
            raise _not_deployed(clients, job) from None
        except glue.exceptions.ConcurrentRunsExceededException:
            raise AwsError(
                f"{job} is already running; it runs once at a time",
                remedy="wait until that run has ended: alur status shows it",
            ) from None
    run_id: str = run["JobRunId"]
    return run_id


def argument(clients: Clients, job: str, name: str) -> str:
    """Return one of a deployed job's own arguments.

    Raises:
        AwsError: there is no such job, or it lacks the argument.
    """
    glue = clients("glue")
    with aws_errors(f"{job} cannot be read"):
        try:
            arguments = glue.get_job(JobName=job)["Job"].get("DefaultArguments", {})
        except glue.exceptions.EntityNotFoundException:
            raise _not_deployed(clients, job) from None
    if name not in arguments:
        raise AwsError(f"{job} lacks the argument {name}", remedy="deploy it again: alur deploy")
    value: str = arguments[name]
    return value


def run_of(clients: Clients, job: str, run_id: str) -> JobRun:
    """Return the current state of a run.

    Raises:
        AwsError: there is no such run, or Glue cannot be queried.
    """
    glue = clients("glue")
    with aws_errors(f"the run {run_id} of {job} cannot be read"):
        try:
            return _job_run(glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])
        except glue.exceptions.EntityNotFoundException:
            raise AwsError(
                f"{job} has no run {run_id}",
                remedy="alur status shows the last run of each job; Glue keeps runs for 90 days",
            ) from None


def follow(
    clients: Clients,
    job: str,
    run_id: str,
    on_state: Callable[[JobRun], None],
    pause: Pause = time.sleep,
) -> JobRun:
    """Wait for the end of a run, and return it.

    Args:
        on_state: receives the run after each query.
        pause: waits for some seconds, few at first.

    Raises:
        AwsError: there is no such run, or Glue cannot be queried.
    """
    seconds = _FIRST_PAUSE
    while True:
        run = run_of(clients, job, run_id)
        on_state(run)
        if run.ended:
            return run
        pause(seconds)
        seconds = min(seconds * _GROWTH, _LONGEST_PAUSE)


def stop(clients: Clients, job: str, run_id: str) -> None:
    """Stop a run; a finished run stays unchanged.

    Raises:
        AwsError: AWS refuses.
    """
    with aws_errors(f"the run {run_id} cannot be stopped"):
        answer = clients("glue").batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    # A successful response may still list failures.
    for refused in answer.get("Errors", ()):
        if not run_of(clients, job, run_id).ended:
            why = refused.get("ErrorDetail", {})
            raise AwsError(
                f"the run {run_id} cannot be stopped: "
                f"{why.get('ErrorCode')}: {why.get('ErrorMessage')}",
                remedy="the job is still running: stop it in Glue's console",
            )


def find_run(clients: Clients, jobs: Iterable[str], run_id: str) -> JobRun:
    """Search some jobs for a run, and return it: Glue finds a run only together with its job.

    Raises:
        AwsError: none of them has the run, or Glue cannot be queried.
    """
    names = list(jobs)
    glue = clients("glue")

    def get(job: str) -> JobRun | None:
        try:
            return _job_run(glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])
        except glue.exceptions.EntityNotFoundException:
            return None

    with aws_errors(f"the run {run_id} cannot be searched"), ThreadPoolExecutor(_AT_ONCE) as pool:
        run = next((run for run in pool.map(get, names) if run is not None), None)
    if run is None:
        raise AwsError(
            f"no job of this project has a run {run_id!r}",
            remedy="alur status shows run ids; add --env if it ran in another environment",
        )
    return run


def runs_since(clients: Clients, job: str, since: datetime) -> list[JobRun]:
    """Return a job's runs active after an instant, the latest first.

    Raises:
        AwsError: there is no such job, or Glue cannot be queried.
    """
    glue = clients("glue")
    with aws_errors(f"the runs of {job} cannot be listed"):
        try:
            return _recent(glue, job, since)
        except glue.exceptions.EntityNotFoundException:
            raise _not_deployed(clients, job) from None


def failed_since(clients: Clients, jobs: Iterable[str], since: datetime) -> list[JobRun]:
    """Return the failed runs of some jobs active after an instant, in the order of their starts.

    Missing jobs have no runs.

    Raises:
        AwsError: Glue cannot be queried.
    """
    names = list(jobs)
    glue = clients("glue")

    def failed_runs(job: str) -> list[JobRun]:
        try:
            return [run for run in _recent(glue, job, since) if run.failed]
        except glue.exceptions.EntityNotFoundException:
            return []

    with aws_errors("the runs of the jobs cannot be listed"), ThreadPoolExecutor(_AT_ONCE) as pool:
        failed = [run for runs in pool.map(failed_runs, names) for run in runs]
    return sorted(failed, key=lambda run: run.started)


def _recent(glue: Any, job: str, since: datetime) -> list[JobRun]:
    result: list[JobRun] = []
    for page in glue.get_paginator("get_job_runs").paginate(JobName=job):
        runs = [_job_run(run) for run in page["JobRuns"]]
        recent = [run for run in runs if run.completed is None or run.completed >= since]
        result += recent
        if len(recent) < len(runs):
            break
    return result


def last_runs(clients: Clients, jobs: Iterable[str]) -> dict[str, JobRun]:
    """Return the latest run of each job, by the job's name; jobs without runs are left out.

    Raises:
        AwsError: Glue cannot be queried.
    """
    names = list(jobs)
    glue = clients("glue")

    def last(job: str) -> JobRun | None:
        # Glue lists the latest first (https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobRuns.html).
        runs = glue.get_job_runs(JobName=job, MaxResults=1)["JobRuns"]
        return _job_run(runs[0]) if runs else None

    with aws_errors("the runs of the jobs cannot be listed"), ThreadPoolExecutor(_AT_ONCE) as pool:
        runs = pool.map(last, names)
        return {name: run for name, run in zip(names, runs, strict=True) if run}


def median_seconds(clients: Clients, jobs: Iterable[str]) -> dict[str, float]:
    """Return the median duration of the last successful runs of each job, by the job's name; jobs without any are left out.

    Raises:
        AwsError: Glue cannot be queried.
    """
    names = list(jobs)
    glue = clients("glue")

    def seconds(job: str) -> list[int]:
        runs = glue.get_job_runs(JobName=job, MaxResults=_RUNS_MEASURED)["JobRuns"]
        return [run["ExecutionTime"] for run in runs if run["JobRunState"] == "SUCCEEDED"]

    with aws_errors("the runs of the jobs cannot be listed"), ThreadPoolExecutor(_AT_ONCE) as pool:
        durations = zip(names, pool.map(seconds, names), strict=True)
        return {name: median(measured) for name, measured in durations if measured}


def _not_deployed(clients: Clients, job: str) -> AwsError:
    # A job's name ends in its environment, which contains no hyphen.
    environment = job.rpartition("-")[2]
    return AwsError(
        f"there is no job {job} in {clients.region}",
        remedy=f"alur deploy --env {environment}, or correct aws_region in alur.toml",
    )


def _job_run(run: dict[str, Any]) -> JobRun:
    arguments = run.get("Arguments", {})
    prefix = arguments.get(LOG_GROUP_PREFIX) or run.get("LogGroupName")
    return JobRun(
        job=run["JobName"],
        run_id=run["Id"],
        state=run["JobRunState"],
        started=run["StartedOn"],
        completed=run.get("CompletedOn"),
        seconds=run.get("ExecutionTime", 0),
        dpu_hours=_dpu_hours(run),
        message=run.get("ErrorMessage") or run.get("StateDetail") or "",
        log_group_prefix=prefix or "/aws-glue/jobs",
        attempt=run.get("Attempt", 0),
    )


def _dpu_hours(run: dict[str, Any]) -> float | None:
    """Return a run's DPU hours: Glue's count for jobs with auto scaling, otherwise all workers for the whole run."""
    if run.get("DPUSeconds"):
        return float(run["DPUSeconds"]) / 3600
    if not run.get("MaxCapacity") or not run.get("ExecutionTime"):
        return None
    seconds: int = max(run["ExecutionTime"], _BILLED_SECONDS_AT_LEAST)
    return float(run["MaxCapacity"]) * seconds / 3600
