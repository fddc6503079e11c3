"""Refuses f-strings that Python before 3.12 cannot read, which ``ast.parse`` accepts for any ``feature_version``."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from token import COMMENT, NAME

# Python 3.11 has no tokens within f-strings, and its ast.parse refuses all that is refused here.
_START, _TEXT, _END = (
    getattr(tokenize, f"FSTRING_{part}", -1) for part in ("START", "MIDDLE", "END")
)
_OTHER_STRING = re.compile(
    r"""[a-z]+(?:('''|\"\"\")(?:\\.|(?!\1)[^\\])*\1|('|")(?:\\.|(?!\2)[^\\\n])*\2)""",
    re.DOTALL | re.IGNORECASE,
)
"""A string without replacement fields. To Python 3.11, an f-string ends where such a string would."""


def check_f_strings(content: bytes) -> None:
    """Raise an error for an f-string that Python 3.11 cannot read (https://peps.python.org/pep-0701/).

    Args:
        content: a module that this Python can read.

    Raises:
        SyntaxError: Python 3.11 cannot read one of them.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    source = io.TextIOWrapper(io.BytesIO(content), encoding).read()
    for line, problem in _problems(source):
        raise SyntaxError(f"f-string: {problem}, which needs Python 3.12", (None, line, None, None))


def _problems(source: str) -> Iterator[tuple[int, str]]:
    lines = [f"{line}\n" for line in source.split("\n")]
    opened: list[tuple[int, int]] = []
    before, last = "", (NAME, "", (1, 0))
    for kind, text, start, end, _ in tokenize.generate_tokens(io.StringIO(source).readline):
        # The outermost f-string's own text may contain backslashes.
        if opened and (kind != _TEXT or len(opened) > 1) and "\\" in _between(lines, last[2], end):
            yield start[0], "a backslash in a replacement field"
        if opened and kind == COMMENT:
            yield start[0], "a comment in a replacement field"
        if before == "!" and last[0] == NAME and last[2] != start:
            yield start[0], "a space after a conversion"
        if kind == _START:
            opened.append(start)
        elif kind == _END:
            whole = _between(lines, opened[-1], end)
            if not _OTHER_STRING.fullmatch(whole):
                yield opened[-1][0], "its own quotes or a line break in a replacement field"
            opened.pop()
        before, last = last[1], (kind, text, end)


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the source between two places of tokens."""
    (first, begin), (last, stop) = start, end
    if first == last:
        return lines[first - 1][begin:stop]
    return "".join((lines[first - 1][begin:], *lines[first : last - 1], lines[last - 1][:stop]))
