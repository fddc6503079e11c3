"""Formats text for people: counts that agree with their nouns, and data without control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line and paragraph separators, marks that reorder what follows (https://trojansource.codes), and halves
of characters, but not line breaks and tabs."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural where it needs one.

    Args:
        plural: for a noun whose plural is not made with an s.

    >>> counted(1, "job"), counted(1200, "pipeline"), counted(2, "query", "queries")
    ('1 job', '1,200 pipelines', '2 queries')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def age(since: datetime) -> str:
    """Return the time since an instant, in its largest unit.

    >>> from datetime import timedelta
    >>> now = datetime.now(timezone.utc)
    >>> age(now), age(now - timedelta(hours=49))
    ('0 min', '2 days')
    """
    minutes = int((datetime.now(timezone.utc) - since).total_seconds()) // 60
    for unit, size in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def enumerated(names: Iterable[str]) -> str:
    """Return names as in a sentence.

    >>> enumerated(["load"]), enumerated(["load", "clean", "daily"])
    ('load', 'load, clean and daily')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def visible(text: str) -> str:
    r"""Return text with its control characters written out, as Python writes them; line breaks and tabs stay.

    >>> visible("red: \x1b[31m, back: \b")
    'red: \\x1b[31m, back: \\x08'
    """
    return UNSEEN.sub(_written_out, text)


def in_one_line(text: str) -> str:
    r"""Return text with its control characters, line breaks and tabs written out.

    >>> in_one_line("a\tb\n")
    'a\\tb\\n'
    """
    return visible(text.replace("\n", "\\n").replace("\t", "\\t"))


def _written_out(match: re.Match[str]) -> str:
    return repr(match[0])[1:-1]
