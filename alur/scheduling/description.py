"""Describes EventBridge's expressions in plain English."""

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
"""The maximum number of fire times in a day to list one by one."""


def describe_rate(rate: Rate) -> str:
    """Return a rate in words.

    >>> describe_rate(Rate(1440)), describe_rate(Rate(300))
    ('every day', 'every 5 hours')
    """
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        count, rest = divmod(rate.minutes, size)
        if rest == 0:
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    raise AssertionError("every rate is a number of minutes")


def describe_cron(cron: Cron) -> str:
    """Return a cron expression in words; times are UTC."""
    times = _times(cron.minutes, cron.hours)
    days = _days(cron.days, cron.months)
    if cron.days.kind == "every" and times.endswith("UTC"):
        days = f"every day {days}".rstrip()
    when = " ".join(part for part in (times, days, _years(cron.years)) if part)
    return when if when == times or times.endswith("UTC") else f"{when} (UTC)"


def _times(minutes: tuple[int, ...], hours: tuple[int, ...]) -> str:
    if len(minutes) * len(hours) <= _MOST_TIMES:
        clock = [f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]
        return f"at {_join(clock)} UTC"
    every_hour = len(hours) == 24
    step = _step(hours, HOURS)
    if minutes == (0,) and (every_hour or step):
        return "every hour" if every_hour else f"every {step} hours"
    when = _minutes(minutes, every_hour)
    if every_hour:
        return when
    if step:
        return f"{when} of every {_ordinal(step)} hour from 00:00 UTC"
    if len(minutes) == 1:
        return _hourly(minutes[0], hours)
    spans = [f"from {first:02}:00 through {last:02}:59" for first, last in _spans(hours, HOURS)]
    return f"{when}{' past the hour' if when.startswith('at') else ''} {_join(spans)} UTC"


def _hourly(minute: int, hours: tuple[int, ...]) -> str:
    """Return the words for one minute of more than a few hours."""
    (first, last), *more = _spans(hours, HOURS)
    if not more:
        return f"every hour from {first:02}:{minute:02} through {last:02}:{minute:02} UTC"
    return f"at {_join([f'{hour:02}:{minute:02}' for hour in hours])} UTC"


def _minutes(minutes: tuple[int, ...], every_hour: bool) -> str:
    step = _step(minutes, MINUTES)
    if len(minutes) == 60:
        return "every minute"
    if step:
        return f"every {step} minutes"
    noun = "minute" if len(minutes) == 1 else "minutes"
    return f"at {noun} {_numbers(minutes, MINUTES)}{' of every hour' if every_hour else ''}"


def _step(values: tuple[int, ...], kind: FieldKind) -> int | None:
    """Return the step of values that divide the whole field evenly from its beginning, or None."""
    if len(values) < 2 or values[0] != kind.low:
        return None
    step = values[1] - values[0]
    even = step > 1 and kind.size % step == 0
    return step if even and values == tuple(range(kind.low, kind.high + 1, step)) else None


def _days(rule: DayRule, months: tuple[int, ...]) -> str:
    """Return the words for the days and the months; empty for every day."""
    all_months = len(months) == MONTHS.size
    match rule.kind:
        case "every":
            return "" if all_months else f"in {_months(months)}"
        case "week":
            days = _of_week(rule.values)
            return days if all_months else f"{days} in {_months(months)}"
    return f"on {_of_month(rule)} of {'the month' if all_months else _months(months)}"


def _of_month(rule: DayRule) -> str:
    match rule.kind:
        case "last":
            return "the last day"
        case "nearest":
            return f"the weekday nearest day {rule.values[0]}"
        case "last_weekday":
            return f"the last {_weekday(rule.values[0])}"
        case "nth_weekday":
            return f"the {_NTH[rule.nth - 1]} {_weekday(rule.values[0])}"
    noun = "day" if len(rule.values) == 1 else "days"
    return f"{noun} {_numbers(rule.values, DAYS_OF_MONTH)}"


def _of_week(days: tuple[int, ...]) -> str:
    shown = [
        _weekday(a) if a == b else f"{_weekday(a)} through {_weekday(b)}"
        for a, b in _listed_spans(days, DAYS_OF_WEEK)
    ]
    return shown[0] if len(shown) == 1 and len(days) > 1 else f"on {_join(shown)}"


def _weekday(day: int) -> str:
    return _WEEKDAYS[day - 1]


def _months(months: tuple[int, ...]) -> str:
    shown = [
        _MONTHS[a - 1] if a == b else f"{_MONTHS[a - 1]} through {_MONTHS[b - 1]}"
        for a, b in _listed_spans(months, MONTHS)
    ]
    return _join(shown)


def _years(years: tuple[int, ...]) -> str:
    if len(years) == YEARS.size:
        return ""
    step = years[1] - years[0] if len(years) > 3 else 1
    if step > 1 and years == tuple(range(years[0], years[-1] + 1, step)):
        return f"every {_ordinal(step)} year from {years[0]} to {years[-1]}"
    return f"in {_numbers(years, YEARS)}"


def _numbers(values: Sequence[int], kind: FieldKind) -> str:
    return _join([str(a) if a == b else f"{a} to {b}" for a, b in _listed_spans(values, kind)])


def _listed_spans(values: Sequence[int], kind: FieldKind) -> list[tuple[int, int]]:
    """Return spans of neighbours; a span of only two becomes two values."""
    listed = []
    for a, b in _spans(values, kind):
        neighbours = b == a + 1 or (a, b) == (kind.high, kind.low)
        listed += [(a, a), (b, b)] if neighbours else [(a, b)]
    return listed


def _spans(values: Sequence[int], kind: FieldKind) -> list[tuple[int, int]]:
    """Return ascending values as spans of neighbours, each by its first and last.

    Months and days of the week wrap around, so a span may run over the end: Friday through Monday. Hours do not: those
    before and after midnight belong to different days.
    """
    spans: list[tuple[int, int]] = []
    for value in values:
        if spans and value == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], value)
        else:
            spans.append((value, value))
    wraps = kind in (MONTHS, DAYS_OF_WEEK) and len(spans) > 1
    if wraps and (spans[0][0], spans[-1][1]) == (kind.low, kind.high):
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
