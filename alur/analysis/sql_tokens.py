"""The words of an SQL expression."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "string", "quoted", "word", "symbol", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDF](?![A-Za-z0-9_]))?)
  | (?P<string>'[^'\\]*'|"[^"\\]*")
  | `(?P<quoted>(?:[^`]|``)+)`
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol><=>|<>|!=|==|<=|>=|\|\||->|-(?!-)|/(?!\*)|[+*%=<>(),.\[\]&|^~!])
  | (?P<end>$)
    )""",
    re.VERBOSE,
)


class Unreadable(Exception):
    """A text outside the supported subset of SQL; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression.

    Attributes:
        text: as written; for a quoted name, the text within the quotes.
    """

    kind: Kind
    text: str

    def is_word(self, *words: str) -> bool:
        """Return whether the token is one of some keywords."""
        return self.kind == "word" and self.text.lower() in words

    def is_symbol(self, *symbols: str) -> bool:
        """Return whether the token is one of some symbols."""
        return self.kind == "symbol" and self.text in symbols


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, followed by an end token.

    >>> [token.text for token in tokens("amount >= 1.5")]
    ['amount', '>=', '1.5', '']

    Raises:
        Unreadable: the text holds something else, such as a comment or an escape in a string.
    """
    result: list[Token] = []
    position = 0
    while not result or result[-1].kind != "end":
        match = _TOKEN.match(text, position)
        if not match or match.lastgroup is None:
            raise Unreadable(f"Alur cannot read it from {text[position : position + 20]!r} on")
        result.append(Token(match.lastgroup, match[match.lastgroup]))  # type: ignore[arg-type]
        position = match.end()
    if any(a.kind == b.kind == "string" for a, b in itertools.pairwise(result)):
        raise Unreadable("Alur does not read adjacent strings")
    return result
