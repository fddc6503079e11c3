"""EventBridge's ``cron(...)``: six fields, and the instants at which they fire, in UTC."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from alur.errors import ScheduleError
from alur.scheduling.days import DayRule, parse_days
from alur.scheduling.fields import HOURS, MINUTES, MONTHS, YEARS, parse_field
from alur.text import counted

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression: the values of each field, ascending."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    def matches(self, instant: datetime) -> bool:
        """Return whether it fires within the minute of an instant (UTC)."""
        return (
            instant.minute in self.minutes
            and instant.hour in self.hours
            and instant.month in self.months
            and instant.year in self.years
            and instant.day in self.days.days(instant.year, instant.month)
        )

    def count(self, year: int, month: int) -> int:
        """Return the number of fire times within a calendar month (UTC)."""
        if year not in self.years or month not in self.months:
            return 0
        return len(self.days.days(year, month)) * len(self.hours) * len(self.minutes)

    def after(self, instant: datetime) -> Iterator[datetime]:
        """Yield the fire times after an instant (UTC), the nearest first, to the end of 2199."""
        if instant.year > YEARS.high:
            return iter(())
        return self._walk(instant.replace(second=0, microsecond=0) + _MINUTE, backwards=False)

    def before(self, instant: datetime) -> Iterator[datetime]:
        """Yield the fire times before an instant (UTC), the nearest first, back to 1970."""
        if instant.year < YEARS.low:
            return iter(())
        bound = instant.replace(second=0, microsecond=0)
        return self._walk(bound if bound < instant else bound - _MINUTE, backwards=True)

    def _walk(self, bound: datetime, *, backwards: bool) -> Iterator[datetime]:
        """Yield the fire times from a minute on, including that minute, in either direction."""
        for year in _from(self.years, bound.year, backwards):
            at_year = year == bound.year
            for month in _from(self.months, bound.month if at_year else None, backwards):
                at_month = at_year and month == bound.month
                days = self.days.days(year, month)
                for day in _from(days, bound.day if at_month else None, backwards):
                    at_day = at_month and day == bound.day
                    for hour in _from(self.hours, bound.hour if at_day else None, backwards):
                        at_hour = at_day and hour == bound.hour
                        edge = bound.minute if at_hour else None
                        for minute in _from(self.minutes, edge, backwards):
                            yield datetime(year, month, day, hour, minute, tzinfo=timezone.utc)


def _from(values: Sequence[int], bound: int | None, backwards: bool) -> Sequence[int]:
    """Return the values from a bound on, ascending, or down from it, descending."""
    if backwards:
        return values[::-1] if bound is None else values[: bisect_right(values, bound)][::-1]
    return values if bound is None else values[bisect_left(values, bound) :]


def parse_cron(body: str) -> tuple[Cron, str]:
    """Return the meaning of the text within ``cron(...)``, and the whole expression in canonical form.

    Raises:
        ScheduleError: AWS would refuse it, or it never fires. The error has no remedy unless there are six fields.

    >>> parse_cron("*/15 * * * ? *")[1]
    'cron(0/15 * * * ? *)'
    """
    fields = body.upper().split()
    if "(" in body:
        raise ScheduleError("nested parentheses are not valid")
    if len(fields) != 6:
        raise ScheduleError(f"{counted(len(fields), 'field')}, not 6; the last is the year")
    minutes = parse_field(fields[0], MINUTES)
    hours = parse_field(fields[1], HOURS)
    days, of_month, of_week = parse_days(fields[2], fields[4])
    months = parse_field(fields[3], MONTHS)
    years = parse_field(fields[5], YEARS)
    cron = Cron(minutes.values, hours.values, days, months.values, years.values)
    if not days.always_comes and not _ever_fires(cron):
        raise ScheduleError(
            f"never fires: days of the month '{fields[2]}', months '{fields[3]}', days of the week "
            f"'{fields[4]}' and years '{fields[5]}' have no day in common from 1970 to 2199",
            remedy="correct one of them; L is the last day of any month",
        )
    shown = (
        minutes.canonical,
        hours.canonical,
        of_month,
        months.canonical,
        of_week,
        years.canonical,
    )
    return cron, f"cron({' '.join(shown)})"


def _ever_fires(cron: Cron) -> bool:
    return any(cron.days.days(year, month) for year in cron.years for month in cron.months)
