"""The ``@schedule`` decorator and its result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeVar, get_args, runtime_checkable

from alur.errors import Location, ScheduleError
from alur.scheduling.expression import AwsSchedule

Scope = Literal["self", "upstream", "downstream", "both"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_PENDING = "__alur_schedules__"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of a pipeline.

    Attributes:
        expression: the expression of its fire times.
        description: its purpose.
        enabled: whether it fires; a disabled schedule is still deployed, switched off.
        scope: the pipelines to start: ``self`` this pipeline, ``upstream`` also everything it depends on,
            ``downstream`` also everything that depends on it, ``both`` all of these.
        location: the line of ``@schedule``.
    """

    expression: AwsSchedule
    description: str = ""
    enabled: bool = True
    scope: Scope = "self"
    location: Location = field(default=Location("<unknown>", 0), compare=False)


@runtime_checkable
class Schedulable(Protocol):
    """An object with schedules: a pipeline."""

    def with_schedule(self, schedule: Schedule, /) -> Self:
        """Return a copy with one more schedule."""
        ...


_Decorated = TypeVar("_Decorated", bound=Schedulable | Callable[..., Any])


def schedule(
    *, cron: str, description: str = "", enabled: bool = True, scope: Scope = "self"
) -> Callable[[_Decorated], _Decorated]:
    """Start a pipeline by an EventBridge expression, in UTC.

    The decorator may stand above or below ``@pipeline``, and several may be stacked.

    Args:
        cron: ``cron(minutes hours day-of-month month day-of-week year)`` or ``rate(value unit)``, by EventBridge's own
            grammar (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
        description: the purpose of the schedule; up to 512 characters, EventBridge's limit.
        enabled: False switches the schedule off; the pipeline can still be run by hand.
        scope: the pipelines to start: ``self`` this pipeline, ``upstream`` also everything it depends on,
            ``downstream`` also everything that depends on it, ``both`` all of these.

    Raises:
        ScheduleError: EventBridge would refuse the expression or the description, or the expression never fires.

    >>> from alur import SilverTable, pipeline, schedule
    >>> class Raw(SilverTable):
    ...     n: int
    >>> class Clean(SilverTable):
    ...     n: int
    >>> @schedule(cron="cron(0 2 * * ? *)", description="Nightly", scope="upstream")
    ... @pipeline(sources={"raw": Raw}, target=Clean)
    ... def clean(raw):
    ...     return raw
    >>> [schedule.expression.describe() for schedule in clean.schedules]
    ['at 02:00 UTC every day']
    """
    caller = sys._getframe(1)
    where = Location(caller.f_code.co_filename, caller.f_lineno)
    declared = Schedule(_parse(cron, where), description, enabled, scope, where)
    _check(declared)

    def decorate(decorated: _Decorated) -> _Decorated:
        if isinstance(decorated, Schedulable):
            return decorated.with_schedule(declared)
        setattr(decorated, _PENDING, (declared, *pending_schedules(decorated)))
        return decorated

    return decorate


def pending_schedules(function: Callable[..., Any]) -> tuple[Schedule, ...]:
    """Return the schedules of a function that is not a pipeline yet."""
    schedules: tuple[Schedule, ...] = getattr(function, _PENDING, ())
    return schedules


def _parse(cron: str, where: Location) -> AwsSchedule:
    try:
        return AwsSchedule(cron)
    except ScheduleError as error:
        raise error.at(where) from None


def _check(declared: Schedule) -> None:
    if declared.scope not in SCOPES:
        raise ScheduleError(
            f"scope {declared.scope!r} does not exist",
            where=declared.location,
            remedy=f"use one of {', '.join(SCOPES)}",
        )
    if len(declared.description) > 512:
        raise ScheduleError(
            f"the description has {len(declared.description)} characters; EventBridge keeps 512",
            where=declared.location,
            remedy="shorten it",
        )
