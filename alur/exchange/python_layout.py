r"""Lays out Python expressions as formatters do: in one line where it fits, else one argument a line.

Text from outside goes into source only through :func:`literal` and :func:`quoted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite

LINE = 88
"""The line length of Python's formatters, by default."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """An opening, items and a closing: a call, a list, a dictionary or a subscript.

    Attributes:
        opening: the text up to the bracket, with it.
    """

    opening: str
    items: tuple[Expression, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Prefixed:
    """An expression after a text, as a keyword argument is."""

    prefix: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Nullable:
    """A type, or None."""

    value: Expression


Expression = str | Brackets | Prefixed | Nullable


def call(name: str, *items: Expression) -> Brackets:
    """Return a call.

    >>> one_line(call("Field", keyword("ge", "0")))
    'Field(ge=0)'
    """
    return Brackets(f"{name}(", items, ")")


def subscript(name: str, *items: Expression) -> Brackets:
    """Return a generic type with its parameters."""
    return Brackets(f"{name}[", items, "]")


def keyword(name: str, value: Expression) -> Prefixed:
    """Return a keyword argument."""
    return Prefixed(f"{name}=", value)


def sequence(values: Sequence[str]) -> Expression:
    """Return a text or a list of texts as a literal.

    >>> one_line(sequence(["a"])), one_line(sequence(["a", "b"]))
    ('"a"', '["a", "b"]')
    """
    if len(values) == 1:
        return quoted(values[0])
    return Brackets("[", tuple(quoted(value) for value in values), "]")


def one_line(expression: Expression) -> str:
    """Return an expression in one line."""
    match expression:
        case Brackets(opening, items, closing):
            return opening + ", ".join(map(one_line, items)) + closing
        case Prefixed(prefix, value):
            return prefix + one_line(value)
        case Nullable(value):
            return one_line(value) + " | None"
        case str():
            return expression


def laid_out(expression: Expression, indent: int, ending: str = "") -> str:
    """Return an expression over as many lines as it needs.

    Args:
        indent: the spaces before it.
        ending: what follows it in its last line.
    """
    single = one_line(expression)
    if indent + len(single) + len(ending) <= LINE:
        return single + ending
    margin = " " * indent
    match expression:
        case Prefixed(prefix, Nullable(value)):
            inner = laid_out(Nullable(value), indent + 4)
            return f"{prefix}(\n{margin}    {inner}\n{margin}){ending}"
        case Prefixed(prefix, value):
            # What stands before a value takes room in its first line alone.
            return prefix + _broken(value, indent, ending)
        case Nullable(value):
            return f"{_broken(value, indent, '')}\n{margin}| None{ending}"
        case _:
            return _broken(expression, indent, ending)


def _broken(expression: Expression, indent: int, ending: str) -> str:
    if not isinstance(expression, Brackets) or not expression.items:
        return one_line(expression) + ending
    opening, items, closing = expression.opening, expression.items, expression.closing
    inner = " " * (indent + 4)
    # A comma after a single parameter of a type would make a tuple of it.
    comma = "" if closing == "]" and len(items) == 1 and opening != "[" else ","
    lines = [inner + laid_out(item, indent + 4, comma) for item in items]
    return "\n".join([opening, *lines, " " * indent + closing + ending])


def literal(value: object) -> Expression:
    r"""Return the source of a value; everything unprintable in a text is escaped.

    >>> quoted('say "x"'), quoted("a\n\u202e"), literal(Decimal("0.10"))
    ('\'say "x"\'', '"a\\n\\u202e"', 'Decimal("0.10")')
    >>> literal(float("-inf")), one_line(literal(date(2026, 1, 2)))
    ('float("-inf")', 'date(2026, 1, 2)')
    """
    match value:
        case str():
            return quoted(value)
        case float() if not isfinite(value):
            return f'float("{value}")'
        case Decimal():
            return f'Decimal("{value}")'
        case datetime():
            return _instant(value)
        case date():
            return call("date", *map(str, (value.year, value.month, value.day)))
        case float():
            return repr(value).replace("e+", "e")
        case bool() | int():
            return repr(value)
    raise TypeError(f"no literal for {type(value).__name__}")


def quoted(value: str) -> str:
    """Return a literal in the quotes that formatters prefer: double ones, unless single ones need fewer escapes."""
    written = repr(str(value))
    if written[0] == '"':
        return written
    inner = written[1:-1].replace("\\'", "'")
    if '"' not in inner:
        return f'"{inner}"'
    if "'" not in inner:
        return written
    double, single = inner.count('"'), inner.count("'")
    return written if double > single else '"' + inner.replace('"', '\\"') + '"'


def _instant(value: datetime) -> Expression:
    parts = [value.year, value.month, value.day, value.hour, value.minute]
    if value.second or value.microsecond:
        parts.append(value.second)
    if value.microsecond:
        parts.append(value.microsecond)
    arguments: list[Expression] = [*map(str, parts)]
    offset = value.utcoffset()
    if offset is not None:
        arguments.append(keyword("tzinfo", _zone(offset)))
    return call("datetime", *arguments)


def _zone(offset: timedelta) -> Expression:
    if not offset:
        return "timezone.utc"
    seconds = str(int(offset.total_seconds()))
    return call("timezone", call("timedelta", keyword("seconds", seconds)))
