r"""Writes external values as literal Markdown: Dagster renders texts as Markdown, and loads the pictures in them.

>>> print(escape("![x](http://host/p.png) *a*"))
`![x](http://host/p.png) *a*`
>>> print(escape("a_b *c* _d_ <b>e</b>\n[f]"))
a_b \*c\* \_d\_ \<b>e\</b>\\n\[f]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_INLINE = re.compile(r"[\\`*\[<|~]|&(?=#?\w+;)|(?<!\w)_+|_+(?!\w)")
"""Markup within a line; an underscore within a word is not markup."""

_OPENING = re.compile(r"^(\s*)(#+(?=\s|$)|[+-](?=[\s-]|$)|>|\d+(?=[.)](?:\s|$)))")
"""Markup at the beginning of a line, such as that of headings and lists."""

_LINKED = re.compile(r"://|www\.|@", re.IGNORECASE)
"""Text that GitHub's dialect turns into a link, escaped or not, except in code."""


def visible(text: str) -> str:
    r"""Return text of one line, with control characters and characters of writing direction escaped.

    >>> print(visible("a\tb\x1b[31m\u202e"))
    a\tb\x1b[31m\u202e
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def escape(text: str) -> str:
    """Return Markdown for the literal text, in a line or in a table's cell."""
    shown = visible(text)
    if _LINKED.search(shown):
        # A pipe ends a table's cell even in code, where one after a backslash cannot be escaped.
        return "\\|".join(code(part) if part else "" for part in shown.split("|"))
    return _OPENING.sub(_escaped_opening, _INLINE.sub(_escaped, shown))


def code(text: str) -> str:
    r"""Return a text as code within a line.

    >>> print(code("a`b"))
    ``a`b``
    """
    shown = visible(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A space on both sides separates the fence from backticks in the text. Markdown strips these spaces, but not from
    # code of spaces alone.
    needs_space = shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ")
    space = " " if needs_space else ""
    return f"{fence}{space}{shown}{space}{fence}"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    r"""Return rows as a table.

    >>> print(table([{"a": "1|2", "b": "x"}]))
    | a | b |
    |---|---|
    | 1\|2 | x |
    """
    if not rows:
        return "no rows"
    names = list(rows[0])
    lines = [_row(names), "|---" * len(names) + "|"]
    lines += [_row([row[name] for name in names]) for row in rows]
    return "\n".join(lines)


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {escape(line)}" for line in lines)


def block(lines: Sequence[str]) -> str:
    """Return lines as a block of code."""
    return "\n".join(f"    {visible(line)}" for line in lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escape, cells))} |"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\{mark}" for mark in match[0])


def _escaped_opening(match: re.Match[str]) -> str:
    """Return the mark escaped: a number after its digits, any other mark before itself."""
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"
