"""Texts that Sail writes, or reads by regular expressions, in another way than Spark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.nested_values import holds_floats, types_in
from alur.analysis.signatures import Argument

_JOINING_TEXTS = ("concat", "concat_ws", "array_join")
_LONGEST_PLAIN_SCALE = 6
"""Java writes small decimals with more places in the form with an exponent."""

_OF_PATTERNS = frozenset(
    (
        *("rlike", "regexp", "regexp_like", "regexp_replace", "regexp_extract", "split"),
        *("regexp_extract_all", "regexp_count", "regexp_instr", "regexp_substr"),
    )
)
_ESCAPED_OR_CLASS = re.compile(r"\\.|\[[^\]]*\]", re.DOTALL)
_TAKES_LINE_ENDS = "\0"


def text_difference(subject: str, arguments: Sequence[Argument]) -> str | None:
    """Return why texts may differ from Spark's for these arguments; None if nothing is known.

    >>> ratios = Argument(T.ArrayType(T.DoubleType()))
    >>> text_difference("to_json", [ratios])
    'Java writes large and small floating-point numbers with an exponent'
    """
    if _writes_small_decimals(subject, arguments):
        return "Java writes decimals of more than 6 places with an exponent where they are small"
    if subject == "format_number" and isinstance(arguments[0].type, T.DecimalType):
        return "Sail rounds a decimal as a floating-point number"
    if subject == "to_json" and holds_floats(arguments[0].type):
        return "Java writes large and small floating-point numbers with an exponent"
    if subject in _OF_PATTERNS and _meets_line_ends(arguments[1].value):
        return "at a line's end, $ and . match other texts in Java than in Rust"
    return None


def _writes_small_decimals(subject: str, arguments: Sequence[Argument]) -> bool:
    writes = subject in _JOINING_TEXTS or (
        subject == "cast" and isinstance(arguments[1].type, T.StringType)
    )
    return writes and any(
        isinstance(inner, T.DecimalType) and inner.scale > _LONGEST_PLAIN_SCALE
        for argument in arguments
        for inner in types_in(argument.type)
    )


def _meets_line_ends(pattern: object) -> bool:
    r"""Return whether a regular expression has a dot, or a ``$`` before which a line's end may stay.

    >>> [_meets_line_ends(text) for text in ("@.*$", "^[^@]+$", r"\s+$", r"a\.b", "[.$]", "b$")]
    [True, False, False, False, False, True]
    """
    if not isinstance(pattern, str):
        return False

    def plain(part: re.Match[str]) -> str:
        return _TAKES_LINE_ENDS if part[0] == r"\s" or part[0].startswith("[^") else "_"

    text = _ESCAPED_OR_CLASS.sub(plain, pattern)
    return "." in text or bool(re.search(rf"(?<!{_TAKES_LINE_ENDS}[+*])\$", text))
