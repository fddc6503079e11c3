"""Fire times of expressions: against a slow oracle, against aws-croniter, and at the edges."""

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from aws_croniter import AwsCroniter
from hypothesis import assume, given
from hypothesis import strategies as st

from alur.errors import AlurError
from alur.scheduling.expression import AwsSchedule
from tests.unit.scheduling import oracle
from tests.unit.scheduling.generated import crons, parsed, rates

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


# Leap years, and 2100, which is not one.
instants = st.one_of(
    st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1)),
    st.datetimes(datetime(2095, 6, 1), datetime(2101, 1, 1)),
).map(lambda naive: naive.replace(tzinfo=timezone.utc))


@given(crons(), instants)
def test_next_is_what_a_minute_by_minute_search_finds(text, after):
    end = after + timedelta(days=400)
    fires = [fire for fire in parsed(text).next(after, 100) if fire < end]
    assert fires == list(islice(oracle.fire_times(text, after + INSTANT, end), 100))


@given(crons(), instants)
def test_previous_is_what_a_minute_by_minute_search_finds(text, before):
    start = before - timedelta(days=100)
    expected = list(oracle.fire_times(text, start, before))[::-1][:100]
    assert [fire for fire in parsed(text).previous(before, 100) if fire >= start] == expected


@given(st.one_of(crons(), rates()), instants)
def test_matches_next_and_previous_agree(text, after):
    schedule = parsed(text)
    for fire in schedule.next(after, 3):
        assert fire > after
        assert schedule.matches(fire)
        assert schedule.matches(fire + timedelta(seconds=59))
        assert schedule.previous(fire + INSTANT) == [fire]
        assert schedule.next(fire - INSTANT) == [fire]
    first, *_ = [*schedule.next(after), None]
    minute = after.replace(second=0, microsecond=0) + MINUTE
    assert schedule.matches(minute) == (first == minute)


@given(crons(), instants)
def test_aws_croniter_agrees(text, after):
    *_, day, _, weekday, _ = text[5:-1].split()
    assume("L" not in (day, weekday))  # the one on a weekday finds nothing
    schedule = parsed(text)
    after = after.replace(second=0, microsecond=0)
    theirs = AwsCroniter(text[5:-1]).get_next(after, 20)
    # It gives up after ten steps: then its answers include None.
    theirs = theirs[: theirs.index(None)] if None in theirs else theirs
    assert schedule.next(after, 20)[: len(theirs)] == theirs


@given(st.one_of(crons(), rates()), instants)
def test_the_canonical_form_fires_alike_and_is_its_own(text, after):
    schedule = parsed(text)
    again = AwsSchedule(schedule.canonical)
    assert again.canonical == schedule.canonical
    assert again == schedule
    assert hash(again) == hash(schedule)
    assert again.next(after, 20) == schedule.next(after, 20)
    assert again.describe() == schedule.describe()


@given(crons(), instants)
def test_the_fires_of_a_month_are_those_that_a_minute_by_minute_search_finds(text, instant):
    start, end = month_of(instant)
    expected = sum(1 for _ in oracle.fire_times(text, start, end))
    assert parsed(text).count(instant.year, instant.month) == expected


@given(rates(), instants)
def test_a_rate_fires_in_a_month_at_each_multiple_of_its_minutes(text, instant):
    value, unit = text[5:-1].split()
    period = int(value) * {"m": 1, "h": 60, "d": 1440}[unit[0]]
    first, end = ((edge - utc(1970, 1, 1)) // MINUTE for edge in month_of(instant))
    expected = sum(minute % period == 0 for minute in range(first, end))
    assert parsed(text).count(instant.year, instant.month) == expected


def month_of(instant):
    start = utc(instant.year, instant.month, 1)
    return start, (start + timedelta(days=31)).replace(day=1)


def test_a_month_outside_the_years_has_no_fires():
    every_minute = AwsSchedule("rate(1 minute)")
    assert [every_minute.count(year, 1) for year in (1969, 1970, 2199, 2200)] == [
        0,
        44640,
        44640,
        0,
    ]
    assert AwsSchedule("cron(* * * * ? *)").count(2200, 1) == 0
    assert every_minute.count(2199, 12) == AwsSchedule("cron(* * * * ? *)").count(2199, 12) == 44640


@given(rates(), instants)
def test_a_rate_counts_from_1970(text, after):
    schedule = AwsSchedule(text)
    first, second = schedule.next(after, 2)
    period = second - first
    assert (first - utc(1970, 1, 1)) % period == timedelta(0)
    assert first - period <= after < first


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("cron(0 0 1W * ? *)", utc(2026, 7, 31), utc(2026, 8, 3)),  # the 1st is a Saturday
        ("cron(0 0 31W * ? *)", utc(2026, 5, 1), utc(2026, 5, 29)),  # the 31st is a Sunday
        ("cron(0 0 31W * ? *)", utc(2026, 6, 1), utc(2026, 7, 31)),  # June has no such day
        ("cron(0 0 15W * ? *)", utc(2026, 8, 1), utc(2026, 8, 14)),
        ("cron(0 0 ? * 6L *)", utc(2026, 11, 1), utc(2026, 11, 27)),
        ("cron(0 0 ? * 3#2 *)", utc(2026, 11, 1), utc(2026, 11, 10)),
        ("cron(0 0 ? * 6#5 *)", utc(2026, 11, 1), utc(2027, 1, 29)),
        ("cron(0 0 ? * L *)", utc(2026, 11, 23), utc(2026, 11, 28)),
        ("cron(0 0 31 * ? *)", utc(2026, 11, 1), utc(2026, 12, 31)),
        ("cron(0 0 29 2 ? *)", utc(2096, 3, 1), utc(2104, 2, 29)),
        ("cron(0 0 ? 2 1#5 *)", utc(2088, 3, 1), utc(2128, 2, 29)),
        ("cron(59 23 L 12 ? 2199)", utc(2026, 1, 1), utc(2199, 12, 31, 23, 59)),
    ],
)
def test_rare_days(text, after, expected):
    assert AwsSchedule(text).next(after) == [expected]


def test_hours_wrap_within_the_day():
    fires = AwsSchedule("cron(0 22-1 ? * MON *)").next(utc(2026, 11, 22), 4)
    assert [(fire.day, fire.hour) for fire in fires] == [(23, 0), (23, 1), (23, 22), (23, 23)]


def test_next_and_previous_leave_out_the_instant_itself():
    schedule = AwsSchedule("cron(0 2 * * ? *)")
    at = utc(2026, 1, 2, 2)
    assert schedule.next(at) == [utc(2026, 1, 3, 2)]
    assert schedule.previous(at) == [utc(2026, 1, 1, 2)]
    assert schedule.previous(at + INSTANT) == [at]


def test_fewer_come_back_where_the_years_end():
    schedule = AwsSchedule("cron(0 0 1 1 ? 2030,2031)")
    assert schedule.next(utc(2026, 1, 1), 5) == [utc(2030, 1, 1), utc(2031, 1, 1)]
    assert schedule.previous(utc(2040, 1, 1), 5) == [utc(2031, 1, 1), utc(2030, 1, 1)]
    assert schedule.next(utc(2031, 1, 1)) == []
    assert schedule.previous(utc(2030, 1, 1)) == []


@pytest.mark.parametrize("text", ["cron(* * * * ? *)", "rate(1 minute)"])
def test_nothing_fires_outside_the_years(text):
    schedule = AwsSchedule(text)
    first, last = utc(1970, 1, 1), utc(2199, 12, 31, 23, 59)
    ancient = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    distant = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
    assert schedule.next(ancient) == [first]
    assert schedule.previous(distant) == [last]
    assert schedule.next(last) == schedule.next(distant) == []
    assert schedule.previous(first) == schedule.previous(ancient) == []
    assert not schedule.matches(ancient)
    assert not schedule.matches(distant)
    assert schedule.matches(first)
    assert schedule.matches(last)


def test_instants_may_be_in_any_time_zone():
    schedule = AwsSchedule("cron(0 2 * * ? *)")
    india = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2026, 1, 2, 7, 30, tzinfo=india)
    assert schedule.matches(at)
    assert schedule.next(at) == [utc(2026, 1, 3, 2)]
    assert schedule.next(at)[0].tzinfo is timezone.utc


@pytest.mark.parametrize("ask", ["matches", "next", "previous"])
def test_an_instant_without_a_time_zone_is_refused(ask):
    with pytest.raises(AlurError, match="names no time zone"):
        getattr(AwsSchedule("rate(1 day)"), ask)(datetime(2026, 1, 1))
