"""Arguments for which Sail differs from Spark, although their types are certified."""

import re
from datetime import date

import pytest
from pyspark.sql import types as T

from alur.analysis.limits import DaysOutside, TextsLike, limits_of
from alur.analysis.signatures import Argument

TEXT, DAY, TIME = (Argument(type_()) for type_ in (T.StringType, T.DateType, T.TimestampType))


def literal(text):
    """Return a literal text."""
    return Argument(T.StringType(), is_literal=True, value=text)


@pytest.mark.parametrize(
    ("format_", "beyond", "within"),
    [
        ("yyyy-MM-dd", ["+2024-01-01", "-0000-01-01", " +2024-01-01"], ["2024-01-01", "-", "n/a", "0099-01-01"]),
        ("d/M/yyyy", ["001/2/2024", "1/012/2024", "1/1/+2024"], ["01/02/2024", "1/2/2024", "10/10/1000"]),
        ("MMM d, yyyy", ["January 9, 2024", "Sept 9, 2024"], ["Jan 9, 2024", "may 9, 2024"]),
    ],
)  # fmt: skip
def test_texts_of_times(format_, beyond, within):
    ((place, limit),) = limits_of("to_date", [TEXT, literal(format_)])
    assert place == 0
    assert isinstance(limit, TextsLike)
    assert [text for text in [*beyond, *within] if re.search(limit.pattern, text)] == beyond


@pytest.mark.parametrize(
    ("text", "is_beyond"),
    [
        ("2150-07-01 12:00:00 Europe/Berlin", True),
        ("12150-07-01T12:00:00 CET", True),
        (" 2100-01-01 00:00:00 EST5EDT", True),
        ("2099-07-01 12:00:00.123456 Europe/Berlin", False),
        ("2024-01-01 00:00:00 UTC", False),
        ("2150-07-01 12:00:00Z", False),
        ("2150-07-01 12:00:00+02:00", False),
        ("270000-01-01", True),
        (" +270000-01-01 00:00:00", True),
        ("-270000", True),
        ("20240229", False),
        ("12024-02-29", False),
    ],
)
def test_texts_of_far_times(text, is_beyond):
    assert bool(list(limits_of("==", [TIME, literal(text)]))) is is_beyond
    ((place, limit),) = limits_of("<", [TIME, TEXT])
    assert place == 1
    assert bool(re.search(limit.pattern, text)) is is_beyond


def test_days():
    ((_, zones),) = limits_of("to_utc_timestamp", [TIME, literal("Europe/Berlin")])
    assert zones == DaysOutside(date(1, 1, 1), date(2099, 12, 31), False, "time zones after 2099")
    ((_, years),) = limits_of("date_format", [DAY, literal("yyyy")])
    assert (years.first, years.last, years.is_date) == (date(1, 1, 1), date(9999, 12, 31), True)


@pytest.mark.parametrize(
    ("subject", "arguments"),
    [
        ("cast", [TIME, TEXT]),
        ("cast", [TEXT, DAY]),
        ("to_date", [TIME, literal("yyyy")]),
        ("==", [TEXT, TEXT]),
        ("year", [TIME]),
        ("coalesce", []),
    ],
)
def test_no_limit(subject, arguments):
    assert list(limits_of(subject, arguments)) == []
