"""A long log is read without keeping all of it in memory."""

from datetime import datetime, timedelta, timezone

from alur.aws.logs import LatestLines, LogLine

BEGIN = datetime(2026, 1, 16, tzinfo=timezone.utc)


def line(number, seconds):
    return LogLine(BEGIN + timedelta(seconds=seconds), "text", str(number))


def test_each_line_is_new_once_and_old_ones_are_forgotten():
    seen = LatestLines()
    for number in range(100_000):
        one = line(number, number / 10)
        assert seen.is_new(one)
        assert not seen.is_new(one)
        assert len(seen) <= 10_000


def test_a_minute_of_many_lines_is_remembered_whole():
    seen = LatestLines()
    busy = [line(number, number / 1_000) for number in range(50_000)]
    assert all(seen.is_new(one) for one in busy)
    assert not any(seen.is_new(one) for one in busy)


def test_late_lines_are_new():
    seen = LatestLines()
    for number in range(20_000):
        seen.is_new(line(number, number / 10))
    assert seen.is_new(line("late", 1_950))
