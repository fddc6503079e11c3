"""The rules due within a period, in order of time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from alur.errors import SandboxError
from alur.sandbox.server.events.due import due

BEGIN = datetime(2026, 12, 1, 2, tzinfo=timezone.utc)


def times(expression, hours, begin=BEGIN):
    firings = due({"r": expression}, begin, begin + timedelta(hours=hours))
    return [f"{instant:%d %H:%M}" for instant, _ in firings]


def test_the_begin_counts_and_the_end_does_not():
    assert times("cron(0 2 * * ? *)", 48) == ["01 02:00", "02 02:00"]
    assert times("cron(0 2 * * ? *)", 48, BEGIN + timedelta(seconds=1)) == ["02 02:00", "03 02:00"]


def test_rates_count_from_the_begin():
    assert times("rate(6 hours)", 24) == ["01 08:00", "01 14:00", "01 20:00"]


def test_rules_of_the_same_minute_fire_together():
    expressions = {"a": "cron(0 3 * * ? *)", "b": "rate(1 hour)"}
    firings = due(expressions, BEGIN, BEGIN + timedelta(hours=2))
    assert [(f"{instant:%H:%M}", names) for instant, names in firings] == [("03:00", ["a", "b"])]


def test_many_and_too_many():
    assert len(times("rate(1 minute)", 16)) == 16 * 60 - 1
    assert len(times("cron(* * * * ? *)", 16)) == 16 * 60
    with pytest.raises(SandboxError, match="r fires more than 1,000 times in that period"):
        times("rate(1 minute)", 17)


def test_nothing_is_due():
    assert times("cron(0 0 1 1 ? 2020)", 24) == []
    assert times("rate(7 days)", 24) == []
