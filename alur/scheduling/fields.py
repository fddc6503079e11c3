"""Parses the six fields of an EventBridge cron expression.

The grammar is defined at https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html. Forms
left open there are refused, or rewritten in a defined form: a range that wraps around becomes a list, and ``*/15``
becomes ``0/15``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn

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


# There are six instances; comparing them by identity makes lookups cheap.
@dataclass(frozen=True, slots=True, eq=False)
class FieldKind:
    """One of the six places in a cron expression.

    Attributes:
        wraps: whether AWS documents ranges that wrap around, such as the hours 20-2.
        steps: whether the field allows ``/``.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    wraps: bool = False
    steps: bool = True

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        named = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name} are {self.low} to {self.high}{named}"

    @property
    def size(self) -> int:
        """The number of values."""
        return self.high - self.low + 1


MINUTES: Final = FieldKind("minutes", 0, 59)
HOURS: Final = FieldKind("hours", 0, 23, wraps=True)
DAYS_OF_MONTH: Final = FieldKind("days of the month", 1, 31)
MONTHS: Final = FieldKind("months", 1, 12, _MONTHS)
DAYS_OF_WEEK: Final = FieldKind("days of the week", 1, 7, _WEEKDAYS, steps=False)
YEARS: Final = FieldKind("years", 1970, 2199)


class Field(NamedTuple):
    """A parsed field.

    Attributes:
        values: its values, ascending, each once.
        canonical: the field as AWS documents it.
    """

    values: tuple[int, ...]
    canonical: str


_KINDS: Final = (MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK, YEARS)
_EVERY: Final = {kind: Field(tuple(range(kind.low, kind.high + 1)), "*") for kind in _KINDS}
# The table covers most common texts, so parsing a list is mostly lookups.
_PLAIN: Final = {
    kind: {str(value): value for value in _EVERY[kind].values}
    | {name: kind.low + place for place, name in enumerate(kind.names)}
    for kind in _KINDS
}


def parse_field(text: str, kind: FieldKind) -> Field:
    """Return the values of a field of numbers, ranges and steps; ``text`` is in upper case.

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
    canonical: dict[str, None] = {}
    plain = _PLAIN[kind]
    for item in text.split(","):
        if item in plain:
            values.add(plain[item])
            canonical[item] = None
            continue
        numbers, shown = _parse_item(item, kind)
        values.update(numbers)
        canonical.update(dict.fromkeys(shown.split(",")))
    return Field(tuple(sorted(values)), ",".join(canonical))


def _parse_item(item: str, kind: FieldKind) -> tuple[tuple[int, ...], str]:
    """Return the values of one part of a list, and the part as AWS documents it."""
    span, slash, step_text = item.partition("/")
    if not slash and "-" not in span:
        if span == "*":
            refuse(item, kind, "'*' stands alone, not in a list", "write '*' or the list")
        value = parse_value(span, kind)
        return (value,), _shown(span, value, kind)
    step = _parse_step(step_text, item, kind) if slash else 1
    start_text, dash, end_text = span.partition("-")
    if span == "*":
        return tuple(range(kind.low, kind.high + 1, step)), f"{kind.low}/{step}"
    start = parse_value(start_text, kind)
    if not dash:
        return tuple(range(start, kind.high + 1, step)), f"{start}/{step}"
    end = parse_value(end_text, kind)
    if start > end:
        return _wrapped(start, end, step, item, kind)
    values = tuple(range(start, end + 1, step))
    if slash:
        return values, f"{start}-{end}/{step}"
    left, right = _shown(start_text, start, kind), _shown(end_text, end, kind)
    return values, left if start == end else f"{left}-{right}"


def _shown(text: str, value: int, kind: FieldKind) -> str:
    """Return a name as written, and a number without leading zeros."""
    return text if text in kind.names else str(value)


def _wrapped(
    start: int, end: int, step: int, item: str, kind: FieldKind
) -> tuple[tuple[int, ...], str]:
    """Return the values of a range that runs over the end of its field, such as 20-2 or NOV-FEB."""
    if kind is YEARS:
        refuse(item, kind, f"{start} is after {end}", f"write {end}-{start}")
    values = tuple(
        (value - kind.low) % kind.size + kind.low
        for value in range(start, end + kind.size + 1, step)
    )
    if kind.wraps and step == 1:
        return values, f"{start}-{end}"
    if step == 1 and not kind.names:
        # Two ranges, since sixty minutes as a list would fill EventBridge's 256 characters.
        left = str(start) if start == kind.high else f"{start}-{kind.high}"
        right = str(end) if end == kind.low else f"{kind.low}-{end}"
        return values, f"{left},{right}"
    return values, ",".join(map(str, values))


def parse_value(text: str, kind: FieldKind) -> int:
    """Return the value of one number or name of a field.

    Raises:
        ScheduleError: the text is neither, or out of range.
    """
    if text in _PLAIN[kind]:
        return _PLAIN[kind][text]
    if not text.isdigit():
        refuse(text, kind, _no_value(text, kind), kind.allowed)
    value = int(text)
    if not kind.low <= value <= kind.high:
        refuse(text, kind, f"{text} is out of range", kind.allowed)
    return value


def _parse_step(text: str, item: str, kind: FieldKind) -> int:
    if not kind.steps:
        refuse(item, kind, "'/' is not allowed there", "list the days, such as MON,WED,FRI")
    if not (text.isdigit() and 1 <= int(text) < kind.size):
        refuse(item, kind, f"{text!r} is not a valid step", _instead_of_step(text, kind))
    return int(text)


def _instead_of_step(text: str, kind: FieldKind) -> str:
    allowed = f"a step is 1 to {kind.size - 1}"
    if kind in (MINUTES, HOURS) and text.isdigit() and int(text):
        return f"{allowed}; for every {int(text)} {kind.name} write rate({int(text)} {kind.name})"
    return allowed


def _no_value(text: str, kind: FieldKind) -> str:
    for other in (MONTHS, DAYS_OF_WEEK):
        if text in other.names and other is not kind:
            return f"{text} is one of the {other.name}"
    return f"{text!r} is not a valid value" if text else "a value is missing"


def refuse(text: str, kind: FieldKind, reason: str, remedy: str) -> NoReturn:
    """Raise the error for a field."""
    raise ScheduleError(f"{kind.name} {text!r}: {reason}", remedy=remedy)
