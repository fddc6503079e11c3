"""Translates the regular expressions of AWS's models from Java's syntax to Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from functools import cache
from itertools import groupby

# Java writes a character beyond U+FFFF as two.
_SUPPLEMENTARY = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"
_CATEGORY = re.compile(r"\\p\{(\w+)\}")
_LAST_ASCII = 0x7F
_HYPHEN_AFTER_CLASS = re.compile(r"(\\[wds])-(?!\])")


def matches(pattern: str, text: str) -> bool:
    r"""Return whether a whole text matches; every text matches a pattern that Python cannot compile.

    >>> matches(r"[\p{L}_]+", "été_1"), matches(r"[\p{L}\p{N}_]+", "été_1")
    (False, True)
    """
    # Categories are long lists; most texts need only the beginning of each.
    compiled = compiled_pattern(pattern, _LAST_ASCII if text.isascii() else sys.maxunicode)
    return compiled is None or compiled.fullmatch(text) is not None


@cache
def compiled_pattern(pattern: str, last: int = _LAST_ASCII) -> re.Pattern[str] | None:
    r"""Return a Java pattern as a Python one; None if Python cannot compile it.

    Args:
        last: the greatest code of the characters to match.
    """
    translated = _CATEGORY.sub(
        lambda match: _characters(match[1], last), pattern.replace(*_SUPPLEMENTARY)
    )
    translated = _HYPHEN_AFTER_CLASS.sub(r"\1\\-", translated)
    try:
        with warnings.catch_warnings():
            # Python warns where it may read the syntax differently from Java.
            warnings.simplefilter("error", FutureWarning)
            return re.compile(translated, re.ASCII)
    except (re.error, FutureWarning):
        return None


@cache
def _characters(category: str, last: int) -> str:
    """Return the characters of a Unicode category as ranges for use within brackets."""
    codes = (
        code for code in range(last + 1) if unicodedata.category(chr(code)).startswith(category)
    )
    # Consecutive codes have the same distance from their places in the list.
    runs = [list(run) for _, run in groupby(enumerate(codes), lambda item: item[1] - item[0])]
    return "".join(f"\\U{run[0][1]:08x}-\\U{run[-1][1]:08x}" for run in runs)
