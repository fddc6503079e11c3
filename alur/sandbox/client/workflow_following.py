"""Follows a workflow's run to its end, and reports the outcome of each job."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alur.aws_clients import Clients, aws_errors

_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job's run within a workflow.

    Attributes:
        completed: None while it runs.
        message: the reason of a failure; empty otherwise.
    """

    job: str
    run_id: str
    state: str
    started: datetime
    completed: datetime | None
    message: str

    @property
    def seconds(self) -> float:
        """The time from its start to its end, including any wait."""
        return (self.completed - self.started).total_seconds() if self.completed else 0.0


@dataclass(frozen=True, slots=True)
class WorkflowOutcome:
    """A workflow's run.

    Attributes:
        status: Glue's; COMPLETED does not imply the success of the jobs.
        jobs: every attempt of every job, in the order of their starts.
    """

    workflow: str
    run_id: str
    status: str
    message: str
    jobs: tuple[JobOutcome, ...]

    @property
    def went_well(self) -> bool:
        """Whether the last attempt of each job succeeded."""
        last = {job.job: job.state for job in self.jobs}
        return self.status == "COMPLETED" and set(last.values()) <= {"SUCCEEDED"}


def follow_workflow(
    clients: Clients, workflow: str, run_id: str, on_job_end: Callable[[JobOutcome], None]
) -> WorkflowOutcome:
    """Wait for the end of a workflow's run, and return its outcome.

    Args:
        on_job_end: receives each job's run once it has ended.

    Raises:
        AwsError: the run cannot be queried.
    """
    reported: set[str] = set()
    while True:
        with aws_errors(f"the run of {workflow} cannot be followed"):
            answer = clients("glue").get_workflow_run(
                Name=workflow, RunId=run_id, IncludeGraph=True
            )
        outcome = _outcome(answer["Run"])
        for job in outcome.jobs:
            if job.completed and job.run_id not in reported:
                reported.add(job.run_id)
                on_job_end(job)
        if outcome.status != "RUNNING":
            return outcome
        time.sleep(_PAUSE)


def _outcome(run: dict[str, Any]) -> WorkflowOutcome:
    jobs = [
        JobOutcome(
            job=job["JobName"],
            run_id=job["Id"],
            state=job["JobRunState"],
            started=job["StartedOn"],
            completed=job.get("CompletedOn"),
            message=job.get("ErrorMessage", ""),
        )
        for node in run["Graph"]["Nodes"]
        for job in node.get("JobDetails", {}).get("JobRuns", ())
    ]
    return WorkflowOutcome(
        workflow=run["Name"],
        run_id=run["WorkflowRunId"],
        status=run["Status"],
        message=run.get("ErrorMessage", ""),
        jobs=tuple(sorted(jobs, key=lambda job: job.started)),
    )
