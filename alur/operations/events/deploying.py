"""Events of deployments and destructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from alur.operations.change_plan import ChangePlan
    from alur.terraform.changes import Plan


@dataclass(frozen=True, slots=True)
class ProjectLoaded:
    """The project is loaded.

    Attributes:
        pipelines: how many it declares.
        schedules: how many it declares.
        unscheduled: the pipelines that no schedule starts.
    """

    project: str
    pipelines: int
    schedules: int
    unscheduled: tuple[str, ...]


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
class ChangesPlanned:
    """What a deployment with changes means for tables and pipelines is known."""

    plan: ChangePlan


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
        created: how many objects.
        changed: how many objects.
        destroyed: how many objects.
    """

    created: int
    changed: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """AWS shows what was deployed.

    Attributes:
        code: the S3 URI of the jobs' code.
        jobs: how many are as the project declares them.
        schedules: how many are as the project declares them.
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
class DestructionDeclined:
    """Somebody declined a destruction; nothing was destroyed."""


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
