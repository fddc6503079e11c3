"""Writes Python's values as literals of HCL, Terraform's language."""

from __future__ import annotations

import re
import unicodedata

_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f]|[$%]\{')

_SURROGATE = re.compile("[\ud800-\udfff]")

_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", "${": "$${", "%{": "%%{"}


def quoted(text: str) -> str:
    r"""Return a string literal of exactly this text for Terraform, which evaluates nothing in it.

    (https://developer.hashicorp.com/terraform/language/expressions/strings)

    Raises:
        ValueError: the text contains half a surrogate pair, which UTF-8 cannot encode, or is not in Unicode's normal
            form C, to which Terraform would convert it.

    >>> print(quoted('say "${file(1)}"'))
    "say \"$${file(1)}\""
    """
    if _SURROGATE.search(text):
        raise ValueError(f"half a surrogate pair in {text!a}")
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"{text!a} is not in Unicode's normal form C")
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"
