"""EventBridge's ``rate(...)``: every so many minutes, hours or days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from alur.errors import ScheduleError

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""Where a rate counts from on a laptop. AWS counts from the creation of the rule, which no one can know before."""

_BODY = re.compile(r"\s*([0-9]{1,9})\s+([A-Za-z]+)\s*", re.ASCII)
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}


@dataclass(frozen=True, slots=True)
class Rate:
    """A period, in minutes."""

    minutes: int

    def matches(self, instant: datetime) -> bool:
        """Whether it fires within the minute of an instant."""
        return int((instant - EPOCH).total_seconds() // 60) % self.minutes == 0

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The fire times after an instant, the nearest first."""
        return self._walk((instant - EPOCH) // self._period + 1, 1)

    def before(self, instant: datetime) -> Iterator[datetime]:
        """The fire times before an instant, the nearest first."""
        return self._walk(-((EPOCH - instant) // self._period) - 1, -1)

    @property
    def _period(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def _walk(self, count: int, step: int) -> Iterator[datetime]:
        while True:
            try:
                yield EPOCH + count * self._period
            except OverflowError:
                return
            count += step


def parse_rate(body: str) -> tuple[Rate, str]:
    """What stands within ``rate(...)``, and the whole expression in canonical form.

    Raises:
        ScheduleError: AWS would refuse it.

    >>> parse_rate("5 minutes")
    (Rate(minutes=5), 'rate(5 minutes)')
    """
    found = _BODY.fullmatch(body)
    if not found:
        raise ScheduleError(
            "no number and unit", remedy="write a number and a unit: rate(5 minutes)"
        )
    value, unit = int(found[1]), found[2].lower()
    single = unit.removesuffix("s")
    if single not in _MINUTES:
        remedy = "the units are minute, hour and day"
        if single == "week":
            remedy = f"write rate({value * 7} days)"
        raise ScheduleError(f"there is no unit {found[2]!r}", remedy=remedy)
    if value == 0:
        raise ScheduleError("the value must be above 0", remedy="write 1 or more")
    wanted = single if value == 1 else f"{single}s"
    if found[2] != wanted:
        raise ScheduleError(
            f"the unit of {value} is {wanted!r}, not {found[2]!r}",
            remedy=f"write rate({value} {wanted})",
        )
    return Rate(value * _MINUTES[single]), f"rate({value} {wanted})"
