"""Expressions accepted by EventBridge, for property tests."""

from hypothesis import assume
from hypothesis import strategies as st

from alur.errors import ScheduleError
from alur.scheduling.expression import AwsSchedule

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def parsed(text):
    """Return the schedule; reject examples that never fire, or become too long for AWS."""
    try:
        return AwsSchedule(text)
    except ScheduleError as error:
        assume("never fires" not in error.message and "takes 256" not in error.message)
        raise


def values(low, high, names=()):
    number = st.integers(low, high)
    if not names:
        return number.map(str)
    any_case = st.sampled_from([str.upper, str.lower, str.title])
    name = st.builds(lambda at, case: case(names[at - low]), number, any_case)
    return st.one_of(number.map(str), name)


def items(low, high, names=(), *, steps=True, wraps=True):
    value = values(low, high, names)
    pairs = st.tuples(st.integers(low, high), st.integers(low, high))
    ordered = pairs if wraps else pairs.map(sorted)
    spans = ordered.map(lambda pair: f"{pair[0]}-{pair[1]}")
    if not steps:
        return st.one_of(value, value, spans)
    step = st.integers(1, high - low).map(str)
    anchors = st.one_of(st.just("*"), value, spans)
    stepped = st.builds("{}/{}".format, anchors, step)
    return st.one_of(value, value, spans, stepped)


def fields(low, high, names=(), **options):
    listed = st.lists(items(low, high, names, **options), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), listed)


def of_month():
    nearest = st.integers(1, 31).map("{}W".format)
    return st.one_of(st.just("L"), nearest, fields(1, 31))


def of_week():
    day = values(1, 7, WEEKDAYS)
    nth = st.builds("{}#{}".format, day, st.integers(1, 5))
    last = day.map("{}L".format)
    return st.one_of(st.just("L"), last, nth, fields(1, 7, WEEKDAYS, steps=False))


def years(low=1970, high=2199):
    return st.one_of(st.just("*"), st.just("*"), fields(low, high, steps=False, wraps=False))


def crons(minutes=None, hours=None, years=years):
    days = st.one_of(
        of_month().map(lambda text: (text, "?")), of_week().map(lambda text: ("?", text))
    )
    return st.builds(
        lambda minute, hour, day, month, year: (
            f"cron({minute} {hour} {day[0]} {month} {day[1]} {year})"
        ),
        fields(0, 59) if minutes is None else minutes,
        fields(0, 23) if hours is None else hours,
        days,
        fields(1, 12, MONTHS),
        years(),
    )


def rates():
    def text(value, unit):
        return f"rate({value} {unit if value == 1 else unit + 's'})"

    return st.builds(text, st.integers(1, 5000), st.sampled_from(["minute", "hour", "day"]))
