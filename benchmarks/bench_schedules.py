"""Measures schedule expressions against aws-croniter: parsing at most 50 microseconds, the next fire time 1 ms."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import pairwise

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]

from alur.scheduling import AwsSchedule
from benchmarks.measuring import Row

_START = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
_NEXT_LIMIT = 1e-3
_PARSE_LIMIT = 50e-6
_ORDINARY = {
    "every day": "0 2 * * ? *",
    "weekdays": "0/15 8-18 ? * MON-FRI *",
    "nearest weekday": "0 0 15W * ? *",
    "first Monday": "0 2 ? * 2#1 *",
    "lists": "0,10,20,30,40,50 1,3,5,7 1-10,20 JAN,APR,JUL,OCT ? 2020-2050",
}


def rows() -> Iterator[Row]:
    """Yield a row for parsing and one for the next fire time of each expression, and one for the rarest day."""
    for name, fields in _ORDINARY.items():
        text = f"cron({fields})"
        yield _against(
            f"parse: {name}",
            partial(AwsSchedule, text),
            partial(AwsCroniter, fields),
            _PARSE_LIMIT,
        )
        ours, theirs = AwsSchedule(text), AwsCroniter(fields)
        yield _against(
            f"next: {name}",
            partial(ours.next, _START),
            partial(theirs.get_next, _START),
            _NEXT_LIMIT,
        )
    text, start, years = _rarest()
    schedule = AwsSchedule(text)
    name = f"next: {text}, {years} years ahead / its limit (aws-croniter gives up)"
    yield Row(name, _seconds(lambda: schedule.next(start)), _NEXT_LIMIT, 1.0)


def _rarest() -> tuple[str, datetime, int]:
    """Return the schedule with the longest wait for 29 February on a weekday; the wait's start and years."""
    waits = []
    for weekday in range(1, 8):
        text = f"cron(0 0 ? 2 {weekday}#5 *)"
        fires = AwsSchedule(text).next(_START, 10)
        for before, after in pairwise(fires):
            waits.append((after.year - before.year, text, before))
    years, text, before = max(waits)
    assert AwsCroniter(text[5:-1]).get_next(before + timedelta(minutes=1)) == [None]
    return text, before, years


def _against(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], limit: float
) -> Row:
    """Return a ratio against aws-croniter; the bound on Alur's own time becomes a ratio, too."""
    yardstick = _seconds(theirs)
    return Row(f"{name} / aws-croniter", _seconds(ours), yardstick, limit / yardstick)


def _seconds(call: Callable[[], object], rounds: int = 30, calls: int = 50) -> float:
    """Return the median time of one call, in seconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        taken.append((time.perf_counter() - began) / calls)
    return statistics.median(taken)
