r"""Regular expressions with the same meaning wherever a rule is checked.

A pattern is written as for Python's :mod:`re`, with the classes of ASCII, and ``$`` is the end of the value. The engines of
Java and Rust each read ``\d``, ``\w``, ``\s``, ``$``, ``.`` and flags in their own way, so their pattern spells out
every character.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_LAST = 0x10FFFF
_MOST_REPEATS = 1_000
_TEXT_FLAGS = {re.IGNORECASE: "i", re.DOTALL: "s", re.VERBOSE: "x", re.MULTILINE: "m"}

Interval = tuple[int, int]

_DIGITS = [(0x30, 0x39)]
_WORDS = [*_DIGITS, (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_SPACES = [(0x09, 0x0D), (0x20, 0x20)]


class NotPortable(Exception):
    """Part of a pattern that the engines read differently."""


def pattern_text(given: str | re.Pattern[str]) -> str:
    """Return a pattern as text, with its flags within it.

    >>> pattern_text(re.compile("^a", re.IGNORECASE))
    '(?i)^a'
    """
    if isinstance(given, str):
        return given
    flags = "".join(letter for flag, letter in _TEXT_FLAGS.items() if given.flags & flag)
    return f"(?{flags}){given.pattern}" if flags else given.pattern


@cache
def portable(pattern: str) -> str:
    r"""Return a pattern that matches the same texts in Java and Rust as the original does in Python.

    Raises:
        NotPortable: the pattern is not valid in Python, or contains something unknown to one of the engines.

    >>> portable(r"^P\d+$")
    '\\AP(?:[0-9]){1,}\\z'
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            parsed = _parser.parse(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise NotPortable(f"{error}") from None
    return "".join(_sequence(parsed, parsed.state.flags))


def _sequence(items: Iterable[Any], flags: int) -> Iterator[str]:
    for operator, argument in items:
        yield _item(operator, argument, flags)


def _group(items: Iterable[Any], flags: int) -> str:
    return f"(?:{''.join(_sequence(items, flags))})"


def _item(operator: Any, argument: Any, flags: int) -> str:
    if operator in (sre.LITERAL, sre.NOT_LITERAL):
        return _class(_cased([(argument, argument)], flags), negated=operator is sre.NOT_LITERAL)
    if operator is sre.ANY:
        return _class([] if flags & re.DOTALL else [(0x0A, 0x0A)], negated=True)
    if operator is sre.IN:
        negated = argument[0][0] is sre.NEGATE
        members = [_member(*member) for member in argument[negated:]]
        return _class(_cased([pair for pairs in members for pair in pairs], flags), negated=negated)
    if operator is sre.BRANCH:
        return "(?:" + "|".join(_group(branch, flags) for branch in argument[1]) + ")"
    if operator is sre.SUBPATTERN:
        _, added, removed, inner = argument
        return _group(inner, (flags | added) & ~removed)
    if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = argument
        return _repeated(least, most, inner, flags)
    if operator is sre.AT:
        return _place(argument, flags)
    raise NotPortable(f"{_NAMES.get(operator, str(operator).lower())} is not supported")


def _repeated(least: int, most: Any, inner: Any, flags: int) -> str:
    bounded = most is not sre.MAXREPEAT
    if least > _MOST_REPEATS or (bounded and most > _MOST_REPEATS):
        raise NotPortable(f"more than {_MOST_REPEATS:,} repetitions are not supported")
    return f"{_group(inner, flags)}{{{least},{most if bounded else ''}}}"


def _place(where: Any, flags: int) -> str:
    if flags & re.MULTILINE:
        raise NotPortable("the flag m is not supported")
    if where in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
        return r"\A"
    if where in (sre.AT_END, sre.AT_END_STRING):
        return r"\z"
    raise NotPortable(r"a word boundary (\b, \B) is not supported")


def _member(operator: Any, argument: Any) -> list[Interval]:
    if operator is sre.LITERAL:
        return [(argument, argument)]
    if operator is sre.RANGE:
        return [argument]
    positive, negative = _CATEGORIES[argument]
    return _complement(negative) if positive is None else positive


_CATEGORIES: dict[Any, tuple[list[Interval] | None, list[Interval]]] = {
    sre.CATEGORY_DIGIT: (_DIGITS, []),
    sre.CATEGORY_NOT_DIGIT: (None, _DIGITS),
    sre.CATEGORY_WORD: (_WORDS, []),
    sre.CATEGORY_NOT_WORD: (None, _WORDS),
    sre.CATEGORY_SPACE: (_SPACES, []),
    sre.CATEGORY_NOT_SPACE: (None, _SPACES),
}
_NAMES = {
    sre.ASSERT: "looking ahead or behind",
    sre.ASSERT_NOT: "looking ahead or behind",
    sre.GROUPREF: "a reference to a group",
    sre.GROUPREF_EXISTS: "a condition on a group",
    sre.POSSESSIVE_REPEAT: "a possessive repetition",
    sre.ATOMIC_GROUP: "an atomic group",
}


def _cased(intervals: list[Interval], flags: int) -> list[Interval]:
    """Add the other case of ASCII letters where case is ignored."""
    if not flags & re.IGNORECASE:
        return intervals
    other = []
    for low, high in intervals:
        for first, last, shift in ((0x41, 0x5A, 0x20), (0x61, 0x7A, -0x20)):
            if max(low, first) <= min(high, last):
                other.append((max(low, first) + shift, min(high, last) + shift))
    return intervals + other


def _complement(intervals: list[Interval]) -> list[Interval]:
    rest = []
    start = 0
    for low, high in sorted(intervals):
        if low > start:
            rest.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        rest.append((start, _LAST))
    return rest


def _class(intervals: list[Interval], *, negated: bool) -> str:
    wanted = _complement(intervals)
    if not negated:
        wanted = _complement(wanted)
    if not wanted:
        raise NotPortable("a class without any character is not supported")
    if any(0xD800 <= end <= 0xDFFF for interval in wanted for end in interval):
        raise NotPortable("half a surrogate pair is not supported")
    if len(wanted) == 1 and wanted[0][0] == wanted[0][1]:
        return _character(wanted[0][0])
    return f"[{''.join(_range(low, high) for low, high in wanted)}]"


def _range(low: int, high: int) -> str:
    return _character(low) if low == high else f"{_character(low)}-{_character(high)}"


def _character(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\x{{{code:X}}}"
