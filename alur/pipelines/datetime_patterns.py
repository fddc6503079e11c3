"""Spark's patterns for dates and times (https://spark.apache.org/docs/3.5.6/sql-ref-datetime-pattern.html), limited to
letters with one meaning on every engine. A pattern with any other letter is refused at its declaration.
"""

from __future__ import annotations

import re
from calendar import day_abbr, day_name, month_abbr, month_name
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property

_MONTHS = {name.lower(): n for names in (month_abbr, month_name) for n, name in enumerate(names)}
_DAYS = {name.lower(): n for names in (day_abbr, day_name) for n, name in enumerate(names)}


def _one_of(names: Iterator[str]) -> str:
    return "|".join(name for name in names if name)


_FIELDS: dict[str, tuple[str, str]] = {
    "y": ("year", r"\d{1,4}"),
    "yy": ("year2", r"\d{2}"),
    "yyyy": ("year", r"\d{4}"),
    "u": ("year", r"\d{1,4}"),
    "uuuu": ("year", r"\d{4}"),
    "M": ("month", r"\d{1,2}"),
    "MM": ("month", r"\d{2}"),
    "MMM": ("month_name", _one_of(iter(month_abbr))),
    "MMMM": ("month_name", _one_of(iter(month_name))),
    "d": ("day", r"\d{1,2}"),
    "dd": ("day", r"\d{2}"),
    "E": ("day_name", _one_of(iter(day_abbr))),
    "EEE": ("day_name", _one_of(iter(day_abbr))),
    "EEEE": ("day_name", _one_of(iter(day_name))),
    "H": ("hour", r"\d{1,2}"),
    "HH": ("hour", r"\d{2}"),
    "h": ("hour12", r"\d{1,2}"),
    "hh": ("hour12", r"\d{2}"),
    "a": ("half", "AM|PM"),
    "m": ("minute", r"\d{1,2}"),
    "mm": ("minute", r"\d{2}"),
    "s": ("second", r"\d{1,2}"),
    "ss": ("second", r"\d{2}"),
    **{"S" * n: ("fraction", rf"\d{{1,{n}}}") for n in range(1, 10)},
    "X": ("offset", r"Z|[+-]\d{2}(?:\d{2})?"),
    "XX": ("offset", r"Z|[+-]\d{4}"),
    "XXX": ("offset", r"Z|[+-]\d{2}:\d{2}"),
    "x": ("offset", r"[+-]\d{2}(?:\d{2})?"),
    "xx": ("offset", r"[+-]\d{4}"),
    "xxx": ("offset", r"[+-]\d{2}:\d{2}"),
    "Z": ("offset", r"[+-]\d{4}"),
}
"""The meaning of a run of one letter: the name of the field, and its possible texts."""

_DAY = {"year": {"year", "year2"}, "month": {"month", "month_name"}, "day": {"day"}}
"""The fields required in a pattern, in one of these forms."""

_TIME = {"hour", "hour12", "half", "minute", "second", "fraction", "offset"}
_PIECE = re.compile(r"'(?:[^']|'')*'|(?P<letters>([A-Za-z])\2*)|[\[\]]|[^A-Za-z'\[\]]")
_FARTHEST_OFFSET = timedelta(hours=18)


class InvalidPattern(ValueError):
    """A pattern that is not supported; the message gives the reason."""


@dataclass(frozen=True)
class DateTimePattern:
    """A pattern of dates, or of dates with times.

    >>> DateTimePattern("dd.MM.yyyy HH:mm").moment("05.01.1997 10:11")
    datetime.datetime(1997, 1, 5, 10, 11, tzinfo=datetime.timezone.utc)
    >>> DateTimePattern("dd.MM.yyyy").moment("1997-01-05") is None
    True

    Raises:
        InvalidPattern: on first use; the pattern has an unsupported letter, or does not name a day.
    """

    pattern: str

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts, names, depth = [], [], 0
        for text, field in self._pieces():
            if field:
                name, texts = field
                if name in names:
                    raise InvalidPattern(f"it names the {name.rstrip('2')} twice")
                names.append(name)
                parts.append(f"(?P<{name}>{texts})")
            elif text in "[]":
                depth += 1 if text == "[" else -1
                parts.append("(?:" if text == "[" else ")?")
            else:
                parts.append(re.escape(text))
            if depth < 0:
                break
        if depth:
            raise InvalidPattern("its brackets do not match")
        _check_complete(set(names))
        return re.compile("".join(parts), re.ASCII | re.IGNORECASE)

    def _pieces(self) -> Iterator[tuple[str, tuple[str, str] | None]]:
        """Yield each piece of text or letter run with its field."""
        end = 0
        for piece in _PIECE.finditer(self.pattern):
            if piece.start() != end:
                break
            end = piece.end()
            text = piece[0]
            if piece["letters"]:
                if text not in _FIELDS:
                    raise InvalidPattern(f"{text!r} in it is not supported")
                yield text, _FIELDS[text]
            elif text.startswith("'"):
                yield text[1:-1].replace("''", "'") or "'", None
            elif text in "#{}":
                raise InvalidPattern(f"{text!r} is reserved; write it in single quotes")
            else:
                yield text, None
        if end != len(self.pattern):
            raise InvalidPattern("a single quote in it is not closed")

    @property
    def has_time(self) -> bool:
        """Whether the pattern has more than the day."""
        return not _TIME.isdisjoint(self._expression.groupindex)

    def moment(self, text: str) -> datetime | None:
        """Return the instant of a text, in UTC; None if the text does not fit.

        A text without an offset is in UTC. Fractions finer than a microsecond do not fit.
        """
        match = self._expression.fullmatch(text)
        if not match:
            return None
        fields = {name: value for name, value in match.groupdict().items() if value is not None}
        try:
            return _moment(fields)
        except (KeyError, ValueError, OverflowError):
            return None  # an optional part left out the day, or the day does not exist


def _check_complete(names: set[str]) -> None:
    missing = [kind for kind, forms in _DAY.items() if forms.isdisjoint(names)]
    if missing:
        raise InvalidPattern(f"it lacks the {' and the '.join(missing)}")
    if ("hour12" in names) != ("half" in names):
        raise InvalidPattern("h and a need each other; H is the hour from 0 to 23")
    if "hour" in names and "hour12" in names:
        raise InvalidPattern("it names the hour twice")


def _moment(fields: dict[str, str]) -> datetime:
    year = int(fields["year"]) if "year" in fields else 2000 + int(fields["year2"])
    month = _MONTHS[fields["month_name"].lower()] if "month_name" in fields else None
    fraction = fields.get("fraction", "").ljust(9, "0")
    if fraction[6:] != "000":
        raise ValueError("finer than a microsecond")
    moment = datetime(
        year,
        month or int(fields["month"]),
        int(fields["day"]),
        _hour(fields),
        int(fields.get("minute", 0)),
        int(fields.get("second", 0)),
        int(fraction[:6]),
        tzinfo=timezone.utc,
    )
    if "day_name" in fields and _DAYS[fields["day_name"].lower()] != moment.weekday():
        raise ValueError("another day of the week")
    return moment - offset(fields.get("offset", "Z"))


def _hour(fields: dict[str, str]) -> int:
    if "hour12" not in fields:
        return int(fields.get("hour", 0))
    hour = int(fields["hour12"])
    if not 1 <= hour <= 12:
        raise ValueError("no hour of a half day")
    return hour % 12 + (12 if fields["half"].lower() == "pm" else 0)


def offset(text: str) -> timedelta:
    """Return the distance from UTC of ``Z``, ``+02``, ``+0200`` or ``+02:00``.

    Raises:
        ValueError: the offset does not exist.

    >>> offset("-0530")
    datetime.timedelta(days=-1, seconds=66600)
    """
    if text in ("Z", "z"):
        return timedelta()
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    distance = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or distance > _FARTHEST_OFFSET:
        raise ValueError(f"{text} is not an offset")
    return -distance if text[0] == "-" else distance
