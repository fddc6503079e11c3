"""How long a table keeps its snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

FOREVER = "forever"

KEEP = rf"^([1-9][0-9]{{0,4}} (hours?|days?)|{FOREVER})$"
"""The texts for a time: a number of hours or days, or ``forever``."""

MOST_SNAPSHOTS = 10_000


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a table keeps its snapshots.

    Attributes:
        keep: the time for which a snapshot stays after the next one has replaced it.
        snapshots: the number of latest snapshots that stay in any case.
        every: the time between two expiries: the oldest snapshot may be that much older.
    """

    keep: timedelta
    snapshots: int = 1
    every: timedelta = timedelta(days=1)


def retention_of(keep: str | None, snapshots: int) -> Retention | None:
    """Return the retention that a text asks for; None if snapshots stay for good.

    >>> retention_of("12 hours", 3).keep
    datetime.timedelta(seconds=43200)
    >>> retention_of("forever", 3)
    """
    if keep is None or keep == FOREVER:
        return None
    number, unit = keep.split()
    hours = int(number) * (24 if unit.startswith("day") else 1)
    return Retention(timedelta(hours=hours), snapshots)
