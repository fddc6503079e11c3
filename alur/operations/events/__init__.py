"""The events of operations: plain data, for a terminal, for other programs, and for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from alur.operations.events.deploying import (
    Applied,
    BucketEmptied,
    ChangesPlanned,
    Deployed,
    Destroyed,
    DestructionDeclined,
    FileGenerated,
    LandingMirrored,
    NotApplied,
    Packaged,
    Planned,
    ProjectLoaded,
    ResourceBegun,
    ResourceEnded,
    SandboxDeployed,
    TerraformDestroyed,
    Uploaded,
)
from alur.operations.events.firing import (
    EventNotDelivered,
    NothingDue,
    RuleFired,
    RuleOff,
    WorkflowEnded,
    WorkflowJobEnded,
)
from alur.operations.events.glue_jobs import (
    JobEnded,
    JobLeft,
    JobRefused,
    JobStarted,
    JobStarting,
    JobState,
    JobStopping,
    PipelinesNotStarted,
    RunEnded,
)
from alur.operations.events.maintaining import Maintained, MaintenanceFailed
from alur.operations.events.progress import (
    Activity,
    Connected,
    StageBegun,
    StageEnded,
)
from alur.runtime.results import (
    Failed,
    Notice,
    Progress,
    Skipped,
    Started,
    StepBegun,
    Succeeded,
)

__all__ = [
    "Activity",
    "Applied",
    "BucketEmptied",
    "ChangesPlanned",
    "Connected",
    "Deployed",
    "Destroyed",
    "DestructionDeclined",
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
    "Maintained",
    "MaintenanceFailed",
    "NotApplied",
    "NothingDue",
    "Notice",
    "Packaged",
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


Event: TypeAlias = (
    Activity
    | StageBegun
    | StageEnded
    | ProjectLoaded
    | Connected
    | Packaged
    | FileGenerated
    | Planned
    | ChangesPlanned
    | NotApplied
    | ResourceBegun
    | ResourceEnded
    | Applied
    | Uploaded
    | LandingMirrored
    | SandboxDeployed
    | Deployed
    | DestructionDeclined
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
    | PipelinesNotStarted
    | RunEnded
    | RuleOff
    | NothingDue
    | RuleFired
    | EventNotDelivered
    | WorkflowJobEnded
    | WorkflowEnded
    | Maintained
    | MaintenanceFailed
    | Failed
    | Notice
    | Progress
    | Skipped
    | Started
    | StepBegun
    | Succeeded
)
"""One of this module's classes."""

Observer = Callable[[Event], None]
"""A function that receives each event as it happens."""


def ignore(event: Event) -> None:
    """Do nothing with an event."""
