"""EventBridge's expressions in plain English."""

from __future__ import annotations

from collections.abc import Sequence

from alur.scheduling.cron import Cron
from alur.scheduling.days import DayRule
from alur.scheduling.fields import (
    DAYS_OF_MONTH,
    DAYS_OF_WEEK,
    HOURS,
    MINUTES,
    MONTHS,
    YEARS,
    FieldKind,
)
from alur.scheduling.rate import Rate

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_NTH = ("first", "second", "third", "fourth", "fifth")
_MOST_TIMES = 4
"""Fire times of a day that are named one by one."""


def describe_rate(rate: Rate) -> str:
    """A rate in words.

    >>> describe_rate(Rate(1440)), describe_rate(Rate(300))
    ('every day', 'every 5 hours')
    """
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        count, rest = divmod(rate.minutes, size)
        if rest == 0:
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    raise AssertionError("every number of minutes is a number of minutes")


def describe_cron(cron: Cron) -> str:
    """A cron expression in words; times are UTC."""
    days = _days(cron.days)
    times = _times(cron.minutes, cron.hours)
    if not days and times.startswith("at ") and _names_times(cron):
        days = "every day"
    parts = (times, days, _months(cron.months, cron.days), _years(cron.years))
    return " ".join(part for part in parts if part)


def _names_times(cron: Cron) -> bool:
    """Whether the times of the day are named one by one, so that it wants saying on which days."""
    return len(cron.minutes) * len(cron.hours) <= _MOST_TIMES


def _times(minutes: tuple[int, ...], hours: tuple[int, ...]) -> str:
    if len(minutes) * len(hours) <= _MOST_TIMES:
        clock = [f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]
        return f"at {_join(clock)} UTC"
    every_hour = len(hours) == 24
    if minutes == (0,):
        step = _step(hours, HOURS)
        if every_hour:
            return "every hour"
        if step:
            return f"every {step} hours"
        return f"on the hour at {_numbers(hours, HOURS)} o'clock UTC"
    when = _minutes(minutes, every_hour)
    if every_hour:
        return when
    step = _step(hours, HOURS)
    if step:
        return f"{when} of every {_ordinal(step)} hour from 00:00 UTC"
    noun = "hour" if len(hours) == 1 else "hours"
    return f"{when} during the {noun} {_numbers(hours, HOURS)} UTC"


def _minutes(minutes: tuple[int, ...], every_hour: bool) -> str:
    step = _step(minutes, MINUTES)
    if len(minutes) == 60:
        return "every minute"
    if step:
        return f"every {step} minutes"
    noun = "minute" if len(minutes) == 1 else "minutes"
    return f"at {noun} {_numbers(minutes, MINUTES)}{' of every hour' if every_hour else ''}"


def _step(values: tuple[int, ...], kind: FieldKind) -> int | None:
    """The step of values that divide their whole field evenly from its beginning."""
    if len(values) < 2 or values[0] != kind.low:
        return None
    step = values[1] - values[0]
    size = kind.high - kind.low + 1
    even = step > 1 and size % step == 0
    return step if even and values == tuple(range(kind.low, kind.high + 1, step)) else None


def _days(rule: DayRule) -> str:
    match rule.kind:
        case "last":
            return "on the last day of the month"
        case "nearest":
            return f"on the weekday nearest day {rule.values[0]} of the month"
        case "last_weekday":
            return f"on the last {_weekday(rule.values[0])} of the month"
        case "nth_weekday":
            return f"on the {_NTH[rule.nth - 1]} {_weekday(rule.values[0])} of the month"
        case "week":
            return _of_week(rule.values)
        case "month":
            if len(rule.values) == DAYS_OF_MONTH.high:
                return ""
            noun = "day" if len(rule.values) == 1 else "days"
            return f"on {noun} {_numbers(rule.values, DAYS_OF_MONTH)} of the month"


def _of_week(days: tuple[int, ...]) -> str:
    if len(days) == 7:
        return ""
    shown = [
        _weekday(a) if a == b else f"{_weekday(a)} through {_weekday(b)}"
        for a, b in _apart(days, DAYS_OF_WEEK)
    ]
    return shown[0] if len(shown) == 1 and len(days) > 1 else f"on {_join(shown)}"


def _weekday(day: int) -> str:
    return _WEEKDAYS[day - 1]


def _months(months: tuple[int, ...], rule: DayRule) -> str:
    if len(months) == MONTHS.high:
        return ""
    shown = [
        _MONTHS[a - 1] if a == b else f"{_MONTHS[a - 1]} through {_MONTHS[b - 1]}"
        for a, b in _apart(months, MONTHS)
    ]
    return f"in {_join(shown)}"


def _years(years: tuple[int, ...]) -> str:
    if len(years) == YEARS.high - YEARS.low + 1:
        return ""
    step = years[1] - years[0] if len(years) > 3 else 1
    if step > 1 and years == tuple(range(years[0], years[-1] + 1, step)):
        return f"every {_ordinal(step)} year from {years[0]} to {years[-1]}"
    return f"in {_numbers(years, YEARS)}"


def _numbers(values: Sequence[int], kind: FieldKind) -> str:
    return _join([str(a) if a == b else f"{a} to {b}" for a, b in _apart(values, kind)])


def _apart(values: Sequence[int], kind: FieldKind) -> list[tuple[int, int]]:
    """Spans of neighbours; those of only two as two values."""
    apart = []
    for a, b in _spans(values, kind):
        apart += [(a, a), (b, b)] if b == a + 1 else [(a, b)]
    return apart


def _spans(values: Sequence[int], kind: FieldKind) -> list[tuple[int, int]]:
    """Ascending values as spans of neighbours, each by its first and last.

    Where time goes round, a span may run over the end: Friday through Monday.
    """
    spans: list[tuple[int, int]] = []
    for value in values:
        if spans and value == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], value)
        else:
            spans.append((value, value))
    goes_round = kind in (HOURS, MONTHS, DAYS_OF_WEEK) and len(spans) > 1
    if goes_round and (spans[0][0], spans[-1][1]) == (kind.low, kind.high):
        return [*spans[1:-1], (spans[-1][0], spans[0][1])]
    return spans


def _join(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    suffix = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
