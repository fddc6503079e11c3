"""Events of pipelines that run as Glue jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.errors import AlurError
    from alur.runtime.fused_runs import PipelineOutcome


@dataclass(frozen=True, slots=True)
class JobStarting:
    """A job is about to start.

    Attributes:
        pipeline: the pipeline, or the names of several.
        position: the place of the first among the pipelines to run, from 1.
        total: how many pipelines are to run.
        pipelines: those that the job is to run.
    """

    pipeline: str
    job: str
    position: int
    total: int
    pipelines: tuple[str, ...] = ()


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
        outcomes: how its pipelines ended, if it had several; those that a killed run did not reach are left out.
    """

    pipeline: str
    run: JobRun
    retries: bool
    environment: str
    outcomes: tuple[PipelineOutcome, ...] = ()


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
class PipelinesNotStarted:
    """Pipelines were not started after an interruption."""

    pipelines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """All pipelines have run, or were skipped.

    Attributes:
        completed: how many pipelines.
        failed: how many pipelines.
        skipped: how many pipelines.
    """

    completed: int
    failed: int
    skipped: int
