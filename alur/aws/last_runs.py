"""How the jobs' latest runs ended."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from alur.aws.session import Clients, aws_errors

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class LastRun:
    """A job's latest run.

    Attributes:
        state: Glue's word (https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html).
        message: why it failed; empty otherwise.
    """

    run_id: str
    state: str
    started: datetime
    message: str


def last_runs(clients: Clients, jobs: Iterable[str]) -> dict[str, LastRun]:
    """The latest run of each job that has ever run, by the job's name.

    Raises:
        AwsError: AWS does not say.
    """
    names = list(jobs)
    # Made before any thread asks for it.
    clients("glue")
    with aws_errors("AWS does not say how the jobs ran"), ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda name: _last_run(clients, name), names)
        return {name: run for name, run in zip(names, found, strict=True) if run}


def _last_run(clients: Clients, job: str) -> LastRun | None:
    """Glue lists the latest first (https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobRuns.html)."""
    runs = clients("glue").get_job_runs(JobName=job, MaxResults=1)["JobRuns"]
    if not runs:
        return None
    run = runs[0]
    return LastRun(run["Id"], run["JobRunState"], run["StartedOn"], run.get("ErrorMessage", ""))
