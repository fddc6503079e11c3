"""Arguments for which Sail differs from Spark although their type is certified.

Sail receives such an argument within a condition that fails where Sail would differ; the run then moves to Spark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import types as T

from alur.analysis.signatures import Argument

MARK = "Sail differs from Spark for "
"""The beginning of the error of an argument beyond a limit."""

_PARSING = ("to_date", "to_timestamp", "unix_timestamp", "to_unix_timestamp")
_COMPARING = ("==", "<", "<=", ">", ">=", "<=>", "in")
_ZONED = ("from_utc_timestamp", "to_utc_timestamp")

_CASES = ("upper", "lower", "ucase", "lcase", "initcap")
_ODD_CASES = (
    # Letters that two conversions do not bring back, since Spark leaves out the inner one of two.
    "\u00b5\u00df\u0130\u0131\u0149\u017f\u01f0\u0345\u0390\u03a3\u03b0\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f4\u03f5"
    "\u0587\u1c80-\u1c88\u1e96-\u1e9b\u1e9e\u1f50-\u1f56\u1f80-\u1fff\u2126\u212a\u212b\ufb00-\ufb17"
    # Letters of Unicode 14 to 16, which the JVM of Spark 3.5 leaves as they are.
    "\u019b\u0264\u1c89\u1c8a\u2c2f\u2c5f\ua7c0\ua7c1\ua7cb-\ua7dc\U00010570-\U000105bc\U00010d50-\U00010d85"
)

_SIGN = "([+]|(^|[^0-9])-)[0-9]"
_WIDE_NUMBER = "(^|[^0-9])0[0-9]{2}"
_LONG_NAME = "[A-Za-z]{4}"
_ZONE_AFTER_2099 = "^[^0-9]*(2[1-9]|[3-9][0-9]|[0-9]{3,})[0-9]{2}[^0-9].*[A-Za-z]{2}"
_YEAR_OF_SIX_DIGITS = r"^[\x00-\x20]*[+-]?[0-9]{6}([^0-9]|$)"
_ONE_LETTER = re.compile("(?<![A-Za-z])[dMDHhms](?![A-Za-z])")

_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
_LAST_ZONED_DAY = date(2099, 12, 31)
"""Sail's tables of time zones end here: later years have no summer time."""
_DAY = 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class TextsLike:
    """A limit: the texts in which a pattern occurs."""

    pattern: str
    shown: str

    def may_include(self, argument: Argument) -> bool:
        """Return whether an argument may be beyond the limit."""
        text = argument.value
        return not isinstance(text, str) or bool(re.search(self.pattern, text))

    def is_beyond(self, argument: Any) -> Any:
        """Return a condition: an argument is beyond the limit."""
        return _call("rlike", argument, _literal(argument, string=self.pattern))


@dataclass(frozen=True, slots=True)
class DaysOutside:
    """A limit: the dates or times before a first day and after a last one."""

    first: date
    last: date
    is_date: bool
    shown: str

    def may_include(self, argument: Argument) -> bool:
        """Return whether an argument may be beyond the limit."""
        return True

    def is_beyond(self, argument: Any) -> Any:
        """Return a condition: an argument is beyond the limit."""
        first, end = (_days(self.first), _days(self.last) + 1)
        bounds = (
            [_literal(argument, date=day) for day in (first, end)]
            if self.is_date
            else [_literal(argument, timestamp=day * _DAY) for day in (first, end)]
        )
        return _call("or", _call("<", argument, bounds[0]), _call(">=", argument, bounds[1]))


Limit = TextsLike | DaysOutside

_ODD_TEXTS = TextsLike(f"[{_ODD_CASES}]", "letters with an odd upper or lower case")
_FAR_TIMES = TextsLike(
    f"{_ZONE_AFTER_2099}|{_YEAR_OF_SIX_DIGITS}",
    "texts of times with a year of six digits, or with a time zone after 2099",
)


def limits_of(subject: str, arguments: Sequence[Argument]) -> Iterator[tuple[int, Limit]]:
    """Yield the limited arguments by their indexes; those of literals only if the literal is beyond the limit.

    >>> text = Argument(T.StringType())
    >>> list(limits_of("cast", [text, Argument(T.TimestampType())]))[0][1].shown
    'texts of times with a year of six digits, or with a time zone after 2099'
    """
    for place, argument in enumerate(arguments):
        if (limit := _limit(subject, place, arguments)) and limit.may_include(argument):
            yield place, limit


def _limit(subject: str, place: int, arguments: Sequence[Argument]) -> Limit | None:
    match arguments[place].type, arguments:
        case T.TimestampType(), [_, _] if subject in _ZONED:
            return DaysOutside(_FIRST_DAY, _LAST_ZONED_DAY, False, "time zones after 2099")
        case (T.DateType() | T.TimestampType()) as type_, [_, _] if subject == "date_format":
            is_date = isinstance(type_, T.DateType)
            return DaysOutside(_FIRST_DAY, _LAST_DAY, is_date, "years outside 1 to 9999")
        case T.StringType(), [_, format_] if subject in _PARSING and place == 0:
            return _texts_beyond(str(format_.value))
        case T.StringType(), [_] if subject in _CASES:
            return _ODD_TEXTS
        case T.StringType(), [_] if subject == "to_timestamp":
            return _FAR_TIMES
        case T.StringType(), [_, Argument(type=T.TimestampType())] if subject == "cast":
            return _FAR_TIMES
        case T.StringType(), _ if subject in _COMPARING:
            meets_time = any(isinstance(other.type, T.TimestampType) for other in arguments)
            return _FAR_TIMES if meets_time else None
        case _:
            return None


def _texts_beyond(format_: str) -> TextsLike:
    """Return the texts that Sail reads by a format unlike Spark.

    Sail takes a sign before any number, no more digits than a number's usual ones, and long names of months for
    short ones.
    """
    patterns = [_SIGN]
    if _ONE_LETTER.search(format_):
        patterns.append(_WIDE_NUMBER)
    if "MMM" in format_:
        patterns.append(_LONG_NAME)
    return TextsLike("|".join(patterns), "texts of times with a sign, extra digits or a long name")


def keep_within(argument: Any, limit: Limit) -> None:
    """Make an argument fail on Sail if it is beyond a limit."""
    if _is_limited(argument):
        return
    error = _call("raise_error", _literal(argument, string=f"{MARK}{limit.shown}"))
    argument.CopyFrom(within(argument, limit.is_beyond(argument), error))


def within(argument: Any, beyond: Any, otherwise: Any = None) -> Any:
    """Return an argument, with another one, by default null, where it is beyond a limit."""
    if otherwise is None:
        otherwise = type(argument)()
        otherwise.literal.null.null.SetInParent()
    return _call("when", beyond, otherwise, argument)


def _is_limited(argument: Any) -> bool:
    parts = argument.unresolved_function.arguments
    if len(parts) != 3 or parts[1].unresolved_function.function_name != "raise_error":
        return False
    text: str = parts[1].unresolved_function.arguments[0].literal.string
    return text.startswith(MARK)


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _literal(node: Any, **value: Any) -> Any:
    literal = type(node)()
    ((kind, content),) = value.items()
    setattr(literal.literal, kind, content)
    return literal


def _call(name: str, *arguments: Any) -> Any:
    call = type(arguments[0])()
    call.unresolved_function.function_name = name
    for argument in arguments:
        call.unresolved_function.arguments.add().CopyFrom(argument)
    return call
