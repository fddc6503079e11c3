"""Reads the arguments of Glue jobs and of their runs."""

from __future__ import annotations

from alur.aws_clients import Clients, aws_errors
from alur.errors import AwsError


def default_arguments(clients: Clients) -> dict[str, dict[str, str]]:
    """Return the default arguments of all jobs of the account and region, by the job's name.

    Raises:
        AwsError: AWS cannot be queried.
    """
    with aws_errors("the jobs cannot be listed"):
        pages = list(clients("glue").get_paginator("get_jobs").paginate())
    return {job["Name"]: job.get("DefaultArguments", {}) for page in pages for job in page["Jobs"]}


def run_arguments(clients: Clients, job: str, run_id: str) -> dict[str, str]:
    """Return the arguments of a run: the job's own, as they are now, and those of the run alone.

    Raises:
        AwsError: there is no such job or no such run, or Glue cannot be queried.
    """
    glue = clients("glue")
    with aws_errors(f"the run {run_id} of {job} cannot be read"):
        try:
            own = glue.get_job(JobName=job)["Job"].get("DefaultArguments", {})
            given = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"].get("Arguments", {})
        except glue.exceptions.EntityNotFoundException:
            raise AwsError(
                f"{job} has no run {run_id}",
                remedy="alur status shows the last run of each job; Glue keeps runs for 90 days",
            ) from None
    arguments: dict[str, str] = {**own, **given}
    return arguments
