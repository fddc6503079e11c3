"""One run of a Glue job: its arguments, its state, and Glue's description of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from threading import Event
from typing import Any, Literal

from alur.sandbox.server.jobs.definition import JobDefinition, log_group_prefix

State = Literal[
    "WAITING",
    "STARTING",
    "RUNNING",
    "STOPPING",
    "STOPPED",
    "SUCCEEDED",
    "FAILED",
    "TIMEOUT",
    "ERROR",
]
RUNNING = frozenset({"STARTING", "RUNNING", "STOPPING"})
"""The states of a run that counts against its job's limit of concurrent runs."""

_UNENDED = RUNNING | {"WAITING"}


def now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a run's process.

    Attributes:
        message: the reason of a failure; empty otherwise.
    """

    state: State
    message: str = ""


@dataclass(frozen=True, slots=True)
class StartedBy:
    """The trigger of a run within a workflow."""

    trigger: str
    workflow: str
    workflow_run_id: str


@dataclass(eq=False)
class EmulatedJobRun:
    """One attempt to run a job.

    Attributes:
        given: the run's own arguments.
        action: the arguments in the action of the trigger.
        attempt: 0 for the first, more for repetitions.
    """

    definition: JobDefinition
    given: Mapping[str, str]
    action: Mapping[str, str]
    started_by: StartedBy | None
    id: str
    attempt: int = 0
    previous: str | None = None
    state: State = "STARTING"
    message: str = ""
    started: datetime = field(default_factory=now)
    began: datetime | None = None
    completed: datetime | None = None
    stopped: Event = field(default_factory=Event)

    @property
    def job(self) -> str:
        """The job's name."""
        return self.definition.name

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments for the script, without Glue's own."""
        return self.definition.arguments(self.given, self.action)

    @property
    def ended(self) -> bool:
        """Whether this attempt is over."""
        return self.state not in _UNENDED

    def as_dict(self) -> dict[str, Any]:
        """Return Glue's description (https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html)."""
        job = self.definition
        described: dict[str, Any] = {
            "Id": self.id,
            "Attempt": self.attempt,
            "JobName": job.name,
            "StartedOn": self.started,
            "LastModifiedOn": self.completed or self.began or self.started,
            "JobRunState": self.state,
            "Arguments": self.arguments,
            "ExecutionTime": self._seconds,
            "Timeout": job.timeout_minutes,
            "MaxCapacity": job.max_capacity,
            "WorkerType": job.worker_type,
            "NumberOfWorkers": job.number_of_workers,
            "GlueVersion": job.glue_version,
            "LogGroupName": log_group_prefix(self.arguments),
        }
        optional = {
            "PreviousRunId": self.previous,
            "CompletedOn": self.completed,
            "TriggerName": self.started_by.trigger if self.started_by else None,
            "ErrorMessage": self.message,
        }
        return described | {name: value for name, value in optional.items() if value}

    @property
    def _seconds(self) -> int:
        if self.began is None:
            return 0
        return round(((self.completed or now()) - self.began).total_seconds())
