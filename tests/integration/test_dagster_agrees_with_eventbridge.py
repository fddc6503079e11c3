"""Dagster's ticks, without the skipped ones, are the instants when EventBridge fires."""

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.scheduling import AwsSchedule
from tests.unit.scheduling.generated import crons, parsed, rates, years

START = datetime(2027, 6, 1, tzinfo=timezone.utc)
END = START + timedelta(days=731)
INSTANT = timedelta(microseconds=1)
MOST = 1500

few = st.lists(st.integers(0, 23).map(str), min_size=1, max_size=2).map(",".join)
sparse = crons(few, few, years=lambda: years(2027, 2029))
dense = crons(years=lambda: years(2027, 2029))


def ticks(schedule, start=START):
    """Return Dagster's ticks without the skipped ones, over two years or very many ticks, and their end."""
    from dagster._utils.schedules import schedule_execution_time_iterator

    found = []
    iterator = schedule_execution_time_iterator(start.timestamp(), schedule.five_field.cron, "UTC")
    for tick in islice(iterator, MOST):
        if tick >= END:
            return found, END
        if schedule.five_field.exact or schedule.matches(tick):
            found.append(tick.astimezone(timezone.utc))
    return found, tick + INSTANT


@given(st.one_of(sparse, sparse, sparse, dense, rates()))
def test_dagster_and_aws_agree(text):
    schedule = parsed(text)
    found, end = ticks(schedule)
    assert found == [fire for fire in schedule.next(START - INSTANT, MOST) if fire < end]


@pytest.mark.parametrize(("day", "hour"), [(1, 0), (28, 1), (28, 3), (29, 1)])
@pytest.mark.parametrize(
    "text", ["cron(0 2 29 2 ? *)", "cron(30 2 28,29 2 ? *)", "cron(0 2 L 2 ? *)"]
)
def test_leap_days_come_whenever_dagster_starts(text, day, hour):
    schedule = AwsSchedule(text)
    start = datetime(2028, 2, day, hour, tzinfo=timezone.utc)
    assert ticks(schedule, start)[0][:1] == schedule.next(start - INSTANT)


@given(crons())
def test_dagster_takes_every_five_field_form(text):
    from dagster._utils.schedules import is_valid_cron_schedule

    five_field = parsed(text).five_field
    assert is_valid_cron_schedule(five_field.cron)
    assert five_field.exact == (five_field.note is None)


def test_the_note_says_what_is_different():
    assert "1970" in AwsSchedule("rate(5 minutes)").five_field.note
    assert AwsSchedule("rate(5 minutes)").five_field.exact
    assert not AwsSchedule("rate(7 minutes)").five_field.exact
    assert AwsSchedule("cron(0 2 * * ? *)").five_field.note is None
