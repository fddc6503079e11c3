"""The messages of an engine's exceptions, in one line."""

from __future__ import annotations

import re

_CAUSE = re.compile(r"^Caused by: (?:[\w.$]+\.)?(\w+: .+|\w+)$", re.MULTILINE)
_PYTHON = re.compile(
    r"(?:^|: )Traceback \(most recent call last\):\n(?:[ \t].*\n)*(?:[\w.]+\.)?(\w+.*)$",
    re.MULTILINE,
)
_THROWN = re.compile(r"^: (?:[\w.$]+\.)?(\w+: .+|\w+)$", re.MULTILINE)


def reason(error: BaseException) -> str:
    r"""Return the first line of an exception's message; for a Java stack trace, the innermost exception's.

    The exception of a Python function called by the engine is the innermost of all.

    >>> reason(ValueError("no such column\nand a long plan"))
    'no such column'
    >>> reason(ValueError("An error occurred\n: org.x.JobAborted: stage 1\nCaused by: java.io.EOF: short\n\tat org.x"))
    'EOF: short'
    >>> reason(ValueError("in a worker\nTraceback (most recent call last):\n  File x\nKeyError: 'id'\n\n\tat org.x"))
    "KeyError: 'id'"
    """
    text = str(error).strip()
    python = _PYTHON.findall(text)
    if python:
        return str(python[-1])
    java = _CAUSE.findall(text) or _THROWN.findall(text)
    if java:
        return str(java[-1])
    return text.splitlines()[0] if text else type(error).__name__
