"""The six fields of an EventBridge cron expression: what each may hold, and what it then means.

The grammar is that of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html. What
that page leaves open is refused, or written out in a form that it does define: a range that wraps around becomes a
list, ``*/15`` becomes ``0/15``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from alur.errors import ScheduleError

_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One of the six places in a cron expression.

    Attributes:
        wraps: whether AWS documents ranges that wrap around, such as the hours 20-2.
        steps: whether ``/`` may stand there.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    wraps: bool = False
    steps: bool = True

    @property
    def allowed(self) -> str:
        """What stands there, in words."""
        named = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name} are {self.low} to {self.high}{named}"


MINUTES: Final = FieldKind("minutes", 0, 59)
HOURS: Final = FieldKind("hours", 0, 23, wraps=True)
DAYS_OF_MONTH: Final = FieldKind("days of the month", 1, 31)
MONTHS: Final = FieldKind("months", 1, 12, _MONTHS)
DAYS_OF_WEEK: Final = FieldKind("days of the week", 1, 7, _WEEKDAYS, steps=False)
YEARS: Final = FieldKind("years", 1970, 2199)


@dataclass(frozen=True, slots=True)
class Field:
    """A parsed field.

    Attributes:
        values: the values it stands for, ascending, each once.
        canonical: the field as AWS documents it.
    """

    values: tuple[int, ...]
    canonical: str


_EVERY: Final = {
    kind: Field(tuple(range(kind.low, kind.high + 1)), "*")
    for kind in (MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK, YEARS)
}


def every(kind: FieldKind) -> Field:
    """All values of a kind: ``*``."""
    return _EVERY[kind]


def parse_field(text: str, kind: FieldKind) -> Field:
    """The values that a field of numbers, ranges and steps stands for; ``text`` is in upper case.

    Raises:
        ScheduleError: AWS would refuse it.

    >>> parse_field("20-2", HOURS)
    Field(values=(0, 1, 2, 20, 21, 22, 23), canonical='20-2')
    >>> parse_field("NOV-FEB", MONTHS).canonical
    '11,12,1,2'
    """
    if text == "*":
        return _EVERY[kind]
    values: set[int] = set()
    canonical = []
    for item in text.split(","):
        found, shown = _parse_item(item, kind)
        values.update(found)
        canonical.append(shown)
    return Field(tuple(sorted(values)), ",".join(canonical))


def _parse_item(item: str, kind: FieldKind) -> tuple[tuple[int, ...], str]:
    """The values of one part of a list, and the part as AWS documents it."""
    span, slash, step_text = item.partition("/")
    if not slash and "-" not in span:
        if span == "*":
            refuse(item, kind, "'*' stands alone, not in a list", "write '*' or the list")
        value = parse_value(span, kind)
        return (value,), span if span in kind.names else str(value)
    step = _parse_step(step_text, item, kind) if slash else 1
    start_text, dash, end_text = span.partition("-")
    if span == "*":
        return tuple(range(kind.low, kind.high + 1, step)), f"{kind.low}/{step}"
    start = parse_value(start_text, kind)
    if not dash:
        return tuple(range(start, kind.high + 1, step)), f"{start}/{step}"
    end = parse_value(end_text, kind)
    if start <= end:
        shown = f"{start_text}-{end_text}" if start_text in kind.names else f"{start}-{end}"
        return tuple(range(start, end + 1, step)), f"{shown}/{step}" if slash else shown
    return _wrapped(start, end, step, item, kind)


def _wrapped(
    start: int, end: int, step: int, item: str, kind: FieldKind
) -> tuple[tuple[int, ...], str]:
    """A range that runs over the end of its field, such as 20-2 or NOV-FEB."""
    if kind is YEARS:
        refuse(item, kind, f"the range ends before it begins: {start} is after {end}", "turn it")
    size = kind.high - kind.low + 1
    values = tuple(
        (value - kind.low) % size + kind.low for value in range(start, end + size + 1, step)
    )
    if kind.wraps and step == 1:
        return values, f"{start}-{end}"
    return values, ",".join(map(str, values))


def parse_value(text: str, kind: FieldKind) -> int:
    """One number or name of a field.

    Raises:
        ScheduleError: it is none, or out of range.
    """
    if text in kind.names:
        return kind.names.index(text) + kind.low
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        refuse(text, kind, f"{text!r} is no value", kind.allowed)
    value = int(text)
    if not kind.low <= value <= kind.high:
        refuse(text, kind, f"{text} is out of range", kind.allowed)
    return value


def _parse_step(text: str, item: str, kind: FieldKind) -> int:
    if not kind.steps:
        refuse(item, kind, "'/' does not exist there", "list the days, such as MON,WED,FRI")
    size = kind.high - kind.low + 1
    valid = text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) < size
    if not valid:
        refuse(item, kind, f"{text!r} is no step", f"the step is 1 to {size - 1}")
    return int(text)


def refuse(text: str, kind: FieldKind, reason: str, remedy: str) -> NoReturn:
    """Raises what is wrong with a field."""
    raise ScheduleError(f"{kind.name} {text!r}: {reason}", remedy=remedy)
