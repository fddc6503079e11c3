"""Finds the days of a month on which a cron expression fires, by day of the month or day of the week."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import Literal

from alur.errors import ScheduleError
from alur.scheduling.fields import (
    DAYS_OF_MONTH,
    DAYS_OF_WEEK,
    Field,
    FieldKind,
    parse_field,
    parse_value,
    refuse,
)

DayRuleKind = Literal["every", "month", "week", "last", "nearest", "last_weekday", "nth_weekday"]


@dataclass(frozen=True, slots=True)
class DayRule:
    """A rule for days of a month.

    Attributes:
        kind: ``every``: all of them; ``month``: days of the month; ``week``: days of the week; ``last``: the last day; ``nearest``: the weekday
            (Monday to Friday) nearest a day, within the month; ``last_weekday``: the last of a day of the week;
            ``nth_weekday``: the nth of a day of the week.
        values: days of the month, or of the week as AWS counts them (1 is Sunday).
        nth: 1 to 5 for ``nth_weekday``; 0 otherwise.
    """

    kind: DayRuleKind
    values: tuple[int, ...] = ()
    nth: int = 0

    def days(self, year: int, month: int) -> tuple[int, ...]:
        """Return the days of a month, ascending; empty if the month has no such day.

        >>> DayRule("nearest", (1,)).days(2026, 8)  # the 1st is a Saturday, the 31st of July another month
        (3,)
        """
        if self.kind == "month" and self.values[-1] <= 28:
            return self.values
        first, length = monthrange(year, month)
        match self.kind:
            case "every":
                return tuple(range(1, length + 1))
            case "month":
                return tuple(day for day in self.values if day <= length)
            case "week":
                # monthrange counts from Monday as 0, AWS from Sunday as 1.
                return tuple(
                    day for day in range(1, length + 1) if (first + day) % 7 + 1 in self.values
                )
            case "last":
                return (length,)
            case "nearest":
                return _nearest(self.values[0], first, length)
            case "last_weekday":
                return _weekdays(self.values[0], first, length)[-1:]
            case "nth_weekday":
                return _weekdays(self.values[0], first, length)[self.nth - 1 : self.nth]

    @property
    def always_comes(self) -> bool:
        """Whether every month has such a day."""
        match self.kind:
            case "month" | "nearest":
                return self.values[0] <= 28
            case "nth_weekday":
                return self.nth <= 4
            case _:
                return True


def _weekdays(weekday: int, first: int, length: int) -> tuple[int, ...]:
    """Return the days of a month on a day of the week."""
    start = (weekday - 2 - first) % 7 + 1
    return tuple(range(start, length + 1, 7))


def _nearest(day: int, first: int, length: int) -> tuple[int, ...]:
    if day > length:
        return ()
    weekday = (first + day - 1) % 7
    if weekday == 5:
        return (day - 1 if day > 1 else day + 2,)
    if weekday == 6:
        return (day + 1 if day < length else day - 2,)
    return (day,)


def parse_days(of_month: str, of_week: str) -> tuple[DayRule, str, str]:
    """Return the common rule of the two day fields, and both fields as AWS documents them.

    Raises:
        ScheduleError: not exactly one of them is ``?``, or AWS would refuse the other.
    """
    if (of_month == "?") == (of_week == "?"):
        raise _not_one_open(of_month, of_week)
    if of_week == "?":
        rule, canonical = _of_month(of_month)
        return rule, canonical, "?"
    rule, canonical = _of_week(of_week)
    return rule, "?", canonical


def _not_one_open(of_month: str, of_week: str) -> ScheduleError:
    state = "both are" if of_month == "?" else "neither is"
    if of_month == "?":
        remedy = "for every day write '*' in the days of the month"
    elif of_week == "*":
        remedy = "write '?' in the days of the week"
    elif of_month == "*":
        remedy = "write '?' in the days of the month"
    else:
        remedy = "write '?' in one of them, or two schedules for both"
    return ScheduleError(
        f"days of the month '{of_month}' and days of the week '{of_week}': exactly one of the two must be '?', "
        f"and {state}",
        remedy=remedy,
    )


def _of_month(text: str) -> tuple[DayRule, str]:
    if text == "L":
        return DayRule("last"), "L"
    if text.endswith("W") and text[:-1].isdigit():
        day = parse_value(text[:-1], DAYS_OF_MONTH)
        return DayRule("nearest", (day,)), f"{day}W"
    if text[0] == "L" or text[-1] in "LW":
        refuse(
            text,
            DAYS_OF_MONTH,
            "AWS documents L alone and W behind one day, nothing else",
            "write L for the last day, or 15W for the weekday nearest the 15th",
        )
    field = parse_field(text, DAYS_OF_MONTH)
    return _chosen("month", field, DAYS_OF_MONTH), field.canonical


def _of_week(text: str) -> tuple[DayRule, str]:
    if text == "L":
        return DayRule("week", (7,)), "L"
    if "#" in text:
        return _nth(text)
    if text.endswith("L") and "," not in text and "-" not in text and "/" not in text:
        day = parse_value(text[:-1], DAYS_OF_WEEK)
        return DayRule("last_weekday", (day,)), f"{day}L"
    field = parse_field(text, DAYS_OF_WEEK)
    return _chosen("week", field, DAYS_OF_WEEK), field.canonical


def _chosen(kind: DayRuleKind, field: Field, place: FieldKind) -> DayRule:
    """Return the rule of a field's values; every day is the same rule in either field."""
    if len(field.values) == place.size:
        return DayRule("every")
    return DayRule(kind, field.values)


def _nth(text: str) -> tuple[DayRule, str]:
    day_text, _, nth = text.partition("#")
    if "," in text or nth not in ("1", "2", "3", "4", "5"):
        refuse(
            text,
            DAYS_OF_WEEK,
            "'#' takes one day and one number from 1 to 5",
            "write one such as 3#2, the second Tuesday",
        )
    day = parse_value(day_text, DAYS_OF_WEEK)
    return DayRule("nth_weekday", (day,), int(nth)), f"{day}#{nth}"
