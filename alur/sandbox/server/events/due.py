"""Finds when scheduled rules are due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from alur.errors import SandboxError
from alur.scheduling.expression import AwsSchedule

_MOST_FIRINGS = 1_000


def due(
    expressions: Mapping[str, str], begin: datetime, end: datetime
) -> list[tuple[datetime, list[str]]]:
    """Return the instants from ``begin`` to just before ``end`` at which rules fire, in order, each with its rules.

    Rates count from ``begin``; AWS counts from the rule's creation.

    Args:
        expressions: by the name of the rule.

    Raises:
        SandboxError: a rule fires too often in that period.
        ScheduleError: an expression is invalid.
    """
    firings: dict[datetime, list[str]] = {}
    for name, expression in expressions.items():
        for count, instant in enumerate(_instants(AwsSchedule(expression), begin, end)):
            if count == _MOST_FIRINGS:
                raise SandboxError(
                    f"{name} fires more than {_MOST_FIRINGS:,} times in that period",
                    remedy="choose a shorter one",
                )
            firings.setdefault(instant, []).append(name)
    return sorted(firings.items(), key=lambda firing: firing[0])


def _instants(schedule: AwsSchedule, begin: datetime, end: datetime) -> Iterator[datetime]:
    if schedule.kind == "rate":
        first, second = schedule.next(begin, 2)
        instant = begin
        while (instant := instant + (second - first)) < end:
            yield instant
        return
    # A rule due exactly at the beginning fires.
    instants = [begin] if schedule.matches(begin) and begin.second == begin.microsecond == 0 else []
    while True:
        yield from (instant for instant in instants if instant < end)
        last = instants[-1] if instants else begin
        instants = schedule.next(last, 100)
        if not instants or instants[0] >= end:
            return
