"""The events of operations: plain data, for a terminal, for other programs, and for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from alur.runtime.results import (
    Failed,
    Notice,
    Progress,
    Skipped,
    Started,
    StepBegun,
    Succeeded,
)

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.errors import AlurError
    from alur.terraform.changes import Plan


__all__ = [
    "Activity",
    "Applied",
    "BucketEmptied",
    "Connected",
    "Deployed",
    "Destroyed",
    "EventNotDelivered",
    "Failed",
    "FileGenerated",
    "JobEnded",
    "JobLeft",
    "JobRefused",
    "JobStarted",
    "JobStarting",
    "JobState",
    "JobStopping",
    "LandingMirrored",
    "NotApplied",
    "NothingDue",
    "Notice",
    "Packaged",
    "PipelineSkipped",
    "PipelinesNotStarted",
    "Planned",
    "Progress",
    "ProjectLoaded",
    "ResourceBegun",
    "ResourceEnded",
    "RuleFired",
    "RuleOff",
    "RunEnded",
    "SandboxDeployed",
    "Skipped",
    "StageBegun",
    "StageEnded",
    "Started",
    "StepBegun",
    "Succeeded",
    "TerraformDestroyed",
    "Uploaded",
    "WorkflowEnded",
    "WorkflowJobEnded",
]


@dataclass(frozen=True, slots=True)
class Activity:
    """What an operation waits for from now on; of use only to someone who watches.

    Attributes:
        text: in a few words; empty if the wait is over.
    """

    text: str = ""


@dataclass(frozen=True, slots=True)
class StageBegun:
    """One of an operation's numbered stages begins."""

    number: int
    total: int
    title: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage has ended.

    Attributes:
        seconds: its duration.
    """

    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ProjectLoaded:
    """The project is loaded.

    Attributes:
        pipelines, schedules: how many it declares.
        unscheduled: the pipelines that no schedule starts.
    """

    project: str
    pipelines: int
    schedules: int
    unscheduled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connected:
    """AWS has accepted the credentials, and they belong to the environment's account."""

    environment: str
    region: str


@dataclass(frozen=True, slots=True)
class Packaged:
    """The project's code is packaged for its jobs.

    Attributes:
        file: the name of the zip.
        bytes: its size.
        left_out: the libraries that Glue has itself.
        notices: remarks for the project's authors.
    """

    file: str
    bytes: int
    left_out: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileGenerated:
    """A Terraform file is written."""

    name: str


@dataclass(frozen=True, slots=True)
class Planned:
    """Terraform has planned the changes; an empty plan has none."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class NotApplied:
    """The plan is not applied: only it was asked for, or somebody declined it."""

    because: Literal["plan only", "declined"]


@dataclass(frozen=True, slots=True)
class ResourceBegun:
    """Terraform begins to change an object.

    Attributes:
        address: Terraform's name for it.
    """

    address: str


@dataclass(frozen=True, slots=True)
class ResourceEnded:
    """Terraform has ended work on an object.

    Attributes:
        change: None if it failed.
    """

    address: str
    change: Literal["created", "changed", "destroyed"] | None


@dataclass(frozen=True, slots=True)
class Applied:
    """Terraform has applied its plan.

    Attributes:
        created, changed, destroyed: how many objects.
    """

    created: int
    changed: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """AWS shows what was deployed.

    Attributes:
        code: the S3 URI of the jobs' code.
        jobs, schedules: how many are as the project declares them.
    """

    code: str
    jobs: int
    schedules: int


@dataclass(frozen=True, slots=True)
class LandingMirrored:
    """This machine's landing files are in the sandbox."""

    files: int


@dataclass(frozen=True, slots=True)
class SandboxDeployed:
    """The project is deployed to a sandbox that is to prove something.

    Attributes:
        resources: how many objects of AWS.
    """

    resources: int
    landing_files: int


@dataclass(frozen=True, slots=True)
class Deployed:
    """The deployment is complete."""

    environment: str


@dataclass(frozen=True, slots=True)
class BucketEmptied:
    """A bucket is empty.

    Attributes:
        versions: how many versions of objects were deleted.
    """

    bucket: str
    versions: int


@dataclass(frozen=True, slots=True)
class TerraformDestroyed:
    """Terraform has destroyed what its state held.

    Attributes:
        resources: how many objects.
    """

    resources: int


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Everything that was deployed is destroyed.

    Attributes:
        state: the S3 URI of Terraform's empty state, which is left; None for a state on this machine.
    """

    state: str | None


@dataclass(frozen=True, slots=True)
class JobStarting:
    """A pipeline's job is about to start.

    Attributes:
        position, total: its place among the pipelines to run, from 1.
    """

    pipeline: str
    job: str
    position: int
    total: int


@dataclass(frozen=True, slots=True)
class JobStarted:
    """Glue has started a job.

    Attributes:
        awaited: whether the operation waits for its end.
    """

    pipeline: str
    run_id: str
    awaited: bool


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job's run has changed."""

    pipeline: str
    run: JobRun


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job's run is over.

    Attributes:
        retries: whether Glue starts the job again by itself.
    """

    pipeline: str
    run: JobRun
    retries: bool
    environment: str


@dataclass(frozen=True, slots=True)
class JobRefused:
    """A job's run could not be started or followed, and others are to run."""

    pipeline: str
    error: AlurError


@dataclass(frozen=True, slots=True)
class JobLeft:
    """Nobody waits for a run any longer; the job continues."""

    pipeline: str
    run_id: str
    environment: str


@dataclass(frozen=True, slots=True)
class JobStopping:
    """A job is being stopped."""

    pipeline: str
    run_id: str


@dataclass(frozen=True, slots=True)
class PipelineSkipped:
    """A pipeline was not started, because it waits for a failed one."""

    pipeline: str
    because_of: str


@dataclass(frozen=True, slots=True)
class PipelinesNotStarted:
    """Pipelines were not started after an interruption."""

    pipelines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """All pipelines have run, or were skipped.

    Attributes:
        completed, failed, skipped: how many.
    """

    completed: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class RuleOff:
    """A schedule's rule is disabled, and does not fire."""

    rule: str


@dataclass(frozen=True, slots=True)
class NothingDue:
    """No rule is due in a period."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class RuleFired:
    """A rule fires.

    Attributes:
        instant: the time of its event, in UTC.
    """

    rule: str
    expression: str
    instant: datetime


@dataclass(frozen=True, slots=True)
class EventNotDelivered:
    """EventBridge could not deliver a rule's event."""

    rule: str
    error: AlurError


@dataclass(frozen=True, slots=True)
class WorkflowJobEnded:
    """A job that a workflow started is over.

    Attributes:
        message: the reason of a failure; empty otherwise.
    """

    pipeline: str
    run_id: str
    state: str
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class WorkflowEnded:
    """A workflow's run is over.

    Attributes:
        message: the reason of an error; empty otherwise.
        not_started: pipelines in its scope whose jobs did not start.
    """

    workflow: str
    message: str
    not_started: tuple[str, ...]


Event: TypeAlias = """(
    Activity
    | StageBegun
    | StageEnded
    | ProjectLoaded
    | Connected
    | Packaged
    | FileGenerated
    | Planned
    | NotApplied
    | ResourceBegun
    | ResourceEnded
    | Applied
    | Uploaded
    | LandingMirrored
    | SandboxDeployed
    | Deployed
    | BucketEmptied
    | TerraformDestroyed
    | Destroyed
    | JobStarting
    | JobStarted
    | JobState
    | JobEnded
    | JobRefused
    | JobLeft
    | JobStopping
    | PipelineSkipped
    | PipelinesNotStarted
    | RunEnded
    | RuleOff
    | NothingDue
    | RuleFired
    | EventNotDelivered
    | WorkflowJobEnded
    | WorkflowEnded
    | Failed
    | Notice
    | Progress
    | Skipped
    | Started
    | StepBegun
    | Succeeded
)"""
"""One of this module's classes."""

Observer = Callable[[Event], None]
"""A function that receives each event as it happens."""


def ignore(event: Event) -> None:
    """Do nothing with an event."""
