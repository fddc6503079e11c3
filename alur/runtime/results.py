"""The events and the result of a run: plain data, for the terminal and for Dagster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from alur.errors import AlurError

if TYPE_CHECKING:
    # The command line shows events before it has imported Spark.
    from alur.runtime.checking import RuleResult
    from alur.runtime.tables.warehouse import Commit

Step = Literal["read", "transform", "check", "write"]


@dataclass(frozen=True, slots=True)
class Started:
    """A run of a pipeline begins."""

    pipeline: str
    run_id: str


@dataclass(frozen=True, slots=True)
class StepBegun:
    """A pipeline enters a step."""

    pipeline: str
    step: Step


@dataclass(frozen=True, slots=True)
class Progress:
    """A pipeline reads many landing files.

    Attributes:
        done, total: files.
    """

    pipeline: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark that stops nothing."""

    pipeline: str
    text: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A pipeline has ended well.

    Attributes:
        rows_read: by source parameter.
        files: landing files taken, by source parameter.
        seconds: wall time by step.
        commit: None if there was nothing new and the table is unchanged.
        preview: some rows of the table after the commit.
        notices: the run's notices, in order.
    """

    pipeline: str
    run_id: str
    rows_read: dict[str, int]
    files: dict[str, tuple[str, ...]]
    seconds: dict[Step, float]
    commit: Commit | None
    checks: tuple[RuleResult, ...] = ()
    preview: list[dict[str, object]] = field(default_factory=list)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A pipeline has stopped; its table is unchanged.

    Attributes:
        checks: the results of the rules, if the run reached them.
    """

    pipeline: str
    error: AlurError
    checks: tuple[RuleResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A pipeline was not started.

    Attributes:
        because_of: the failed pipeline that it waits for; None if nothing has changed since its last run.
    """

    pipeline: str
    because_of: str | None

    @property
    def reason(self) -> str:
        """Why, in words.

        >>> Skipped("report", "load").reason
        'it waits for load, which failed'
        """
        if self.because_of is None:
            return "its sources and its code are unchanged"
        return f"it waits for {self.because_of}, which failed"


Event = Started | StepBegun | Progress | Notice | Succeeded | Failed | Skipped
Observer = Callable[[Event], None]
