"""EventBridge's ``rate(...)``: every so many minutes, hours or days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from alur.errors import ScheduleError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""The start of a rate on a laptop. AWS counts from the creation of the rule, which is unknown before."""

END = datetime(2200, 1, 1, tzinfo=timezone.utc)
"""The last year of crons, and also of rates, so both kinds agree on a distant date."""

_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_LONGEST = (END - EPOCH) // timedelta(minutes=1) - 1
_AS_CRON = {"month": "cron(0 0 1 * ? *)", "year": "cron(0 0 1 1 ? *)"}
_FORM = "write a whole number and minutes, hours or days: rate(5 minutes), rate(1 hour)"


@dataclass(frozen=True, slots=True)
class Rate:
    """A period, in minutes."""

    minutes: int

    def matches(self, instant: datetime) -> bool:
        """Return whether the rate fires within the minute of an instant."""
        inside = EPOCH <= instant < END
        return inside and (instant - EPOCH) // timedelta(minutes=1) % self.minutes == 0

    def count(self, year: int, month: int) -> int:
        """Return the number of fire times within a calendar month (UTC)."""
        first = datetime(year, month, 1, tzinfo=timezone.utc)
        after = first + timedelta(days=monthrange(year, month)[1])
        return self._fires_before(after) - self._fires_before(first)

    def _fires_before(self, instant: datetime) -> int:
        return -((EPOCH - instant) // self._period)

    def after(self, instant: datetime) -> Iterator[datetime]:
        """Yield the fire times after an instant, the nearest first."""
        return self._walk(max((instant - EPOCH) // self._period + 1, 0), 1)

    def before(self, instant: datetime) -> Iterator[datetime]:
        """Yield the fire times before an instant, the nearest first."""
        last = _LONGEST // self.minutes
        return self._walk(min(-((EPOCH - instant) // self._period) - 1, last), -1)

    @property
    def _period(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def _walk(self, count: int, step: int) -> Iterator[datetime]:
        while 0 <= count * self.minutes <= _LONGEST:
            yield EPOCH + count * self._period
            count += step


def parse_rate(body: str) -> tuple[Rate, str]:
    """Return the meaning of the text within ``rate(...)``, and the whole expression in canonical form.

    Raises:
        ScheduleError: AWS would refuse it.

    >>> parse_rate("5 minutes")
    (Rate(minutes=5), 'rate(5 minutes)')
    """
    words = body.split()
    if len(words) != 2:
        raise ScheduleError(f"value and unit '{body}': not a number and a unit", remedy=_FORM)
    number, unit = words
    if not number.isdigit() or int(number) == 0:
        raise ScheduleError(f"value '{number}': not a whole number of at least 1", remedy=_FORM)
    value, single = int(number), unit.lower().removesuffix("s")
    if single not in _MINUTES:
        raise _no_unit(value, unit, single)
    wanted = single if value == 1 else f"{single}s"
    if unit != wanted:
        raise ScheduleError(
            f"unit '{unit}': the unit of {value} is '{wanted}'",
            remedy=f"write rate({value} {wanted})",
        )
    if value * _MINUTES[single] > _LONGEST:
        raise ScheduleError(
            f"value '{number}': it never fires within EventBridge's years, 1970 to 2199",
            remedy="write a shorter rate",
        )
    return Rate(value * _MINUTES[single]), f"rate({value} {wanted})"


def _no_unit(value: int, unit: str, single: str) -> ScheduleError:
    remedy = "use minutes, hours or days"
    if single == "week":
        remedy = f"write rate({value * 7} days)"
    elif single in _AS_CRON:
        remedy = f"use cron, such as {_AS_CRON[single]}"
    return ScheduleError(f"unit '{unit}': not a unit of EventBridge", remedy=remedy)
