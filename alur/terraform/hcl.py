"""Python's values as literals of HCL, Terraform's language."""

from __future__ import annotations

import re

# A lone surrogate is no text; Terraform refuses its escape.
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|[$%]\{')

_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", "${": "$${", "%{": "%%{"}


def quoted(text: str) -> str:
    r"""A string literal that Terraform reads back as exactly this text; nothing in it is evaluated.

    (https://developer.hashicorp.com/terraform/language/expressions/strings)

    Raises:
        ValueError: the text holds half a surrogate pair, which no UTF-8 file can hold.

    >>> print(quoted('say "${file(1)}"'))
    "say \"$${file(1)}\""
    """
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if "\ud800" <= found <= "\udfff":
        raise ValueError(f"half a surrogate pair: U+{ord(found):04X}")
    return _SHORT.get(found) or f"\\u{ord(found):04x}"
