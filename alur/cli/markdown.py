"""Escapes text for GitHub's Markdown."""

from __future__ import annotations

import re

from alur.text import in_one_line

_APART = "<!-- -->"
"""Keeps a sign apart from what follows, unseen: a backslash is gone by the time GitHub looks for mentions."""
# Mentions, references and emoji (https://docs.github.com/get-started/writing-on-github), and what CommonMark reads.
_SIGN = re.compile(
    r"(?P<apart>@(?=\w)|#(?=\d)|:(?=[\w+-]+:)|\bGH-(?=\d))|(?P<entity>&)|(?P<formula>\$)|(?P<markup>[\\`*_{}\[\]<>|#!~])",
    re.IGNORECASE,
)
_START = re.compile(r"^(\d*)([-+=]|(?<=\d)[.)])")


def escaped(text: str) -> str:
    r"""Return text that GitHub shows as it is, in one line: no markup, mention, reference, emoji, entity or formula.

    >>> print(escaped("gold.daily_sales <b> & @data, see #1"))
    gold.daily\_sales \<b\> &amp; @<!-- -->data, see \#<!-- -->1
    >>> print(escaped("1. one"), escaped("- two"), escaped("$1 | $2"), sep="; ")
    1\. one; \- two; <span>$</span>1 \| <span>$</span>2
    """
    return _START.sub(r"\1\\\2", _SIGN.sub(_replaced, in_one_line(text)))


def _replaced(match: re.Match[str]) -> str:
    sign = match[0]
    match match.lastgroup:
        case "apart":
            return f"{chr(92) if sign == '#' else ''}{sign}{_APART}"
        case "entity":
            return "&amp;"
        case "formula":
            return f"<span>{sign}</span>"
    return f"\\{sign}"
