"""Events of rules that fire in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur.errors import AlurError


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
