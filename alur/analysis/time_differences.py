"""Dates and times that Sail computes, or reads from texts, in another way than Spark.

Sail has no year beyond 262143, where dates and timestamps of Spark go on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.nested_values import holds_floats, types_in
from alur.analysis.signatures import Argument

FAR_YEARS = "Sail reads nothing of dates and times far beyond the year 9999"
"""The reason for differences of such dates and times."""

_SHIFTING = ("date_add", "date_sub", "dateadd", "add_months", "+", "-")
_LONGEST_SHIFT = 100_000
"""The days or months to shift a date by; many such steps still end before the year 262143."""
_LONGEST_SECONDS = 12
"""The digits of a number of seconds that ends before the year 33658."""
_FAR_TEXT = re.compile(r"\s*([+-][0-9]{4}|[0-9]{5})")
_CLOCK = ("epoch", "now", "today", "tomorrow", "yesterday")


def time_difference(subject: str, arguments: Sequence[Argument]) -> str | None:
    """Return why dates or times may differ from Spark's for these arguments; None if nothing is known.

    >>> day, days = Argument(T.DateType()), Argument(T.IntegerType(), is_literal=True, value=10**8)
    >>> time_difference("date_add", [day, days])
    'Sail reads nothing of dates and times far beyond the year 9999'
    """
    if _is_time_as_float(subject, arguments):
        return "the last bit of Sail's seconds may differ from Spark's"
    if _shifts_far(subject, arguments) or _casts_far(subject, arguments):
        return FAR_YEARS
    for text in _texts_as_times(arguments):
        if text.strip().lower().startswith(_CLOCK):
            return "Spark reads this text as a time of its clock, Sail does not"
        if _FAR_TEXT.match(text):
            return FAR_YEARS
    return None


def _shifts_far(subject: str, arguments: Sequence[Argument]) -> bool:
    if subject not in _SHIFTING or not _are_times(arguments):
        return False
    values = (argument.value for argument in arguments)
    return any(isinstance(value, int) and abs(value) > _LONGEST_SHIFT for value in values)


def _casts_far(subject: str, arguments: Sequence[Argument]) -> bool:
    """Return whether a number is cast to a timestamp and may be as large as no certified time."""
    if subject != "cast" or not isinstance(arguments[1].type, T.TimestampType):
        return False
    match arguments[0].type:
        case T.DecimalType() as seconds:
            return seconds.precision - seconds.scale > _LONGEST_SECONDS
        case T.LongType() | T.FloatType() | T.DoubleType():
            return True
        case _:
            return False


def _is_time_as_float(subject: str, arguments: Sequence[Argument]) -> bool:
    if subject != "cast":
        return False
    # The second argument is the type to cast to.
    source, target = (argument.type for argument in arguments)
    has_times = any(isinstance(inner, T.TimestampType) for inner in types_in(source))
    return has_times and holds_floats(target)


def _texts_as_times(arguments: Sequence[Argument]) -> list[str]:
    """Return the literal texts that meet a date or a timestamp.

    (https://spark.apache.org/docs/3.5.6/sql-ref-literals.html)
    """
    texts = [argument.value for argument in arguments if isinstance(argument.value, str)]
    return texts if _are_times(arguments) else []


def _are_times(arguments: Sequence[Argument]) -> bool:
    return any(isinstance(argument.type, T.DateType | T.TimestampType) for argument in arguments)
