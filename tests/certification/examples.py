"""Examples of differences, as a reader understands them: ``abs(a), a = -0.0: Spark 0.0, Sail -0.0``."""

from __future__ import annotations

import re
from typing import Any

from tests.certification.tables import index_of, value_of
from tests.certification.values import KINDS

_LONGEST = 90
_COLUMN = re.compile(r"\b([abc])_([a-z0-9]+)\b")


def example(table: str, code: str, row: int | None, what: str) -> str:
    """Return an example: an expression, the values of its columns in a row, and the engines' results."""
    given = "" if row is None else _given(table, code, row)
    text = readable(code)
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return f"{short}{given}: {what}"


def readable(code: str) -> str:
    """Return an expression without the boilerplate common to all.

    >>> readable("(F.col('a_f64') * F.lit(0.0))"), readable("F.expr('abs(a_i32)')")
    ('a * 0.0', 'SQL abs(a)')
    """
    code = re.sub(r"F\.(?:col\('([abc])_\w+'\)|lit\(((?:[^()]|\([^()]*\))*)\))", _plain, code)
    code = re.sub(r"^F\.expr\((['\"])(.*)\1\)$", r"SQL \2", code)
    code = _COLUMN.sub(r"\1", code).replace("F.", "")
    whole = re.fullmatch(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", code)
    return whole[1] if whole else code


def _plain(match: re.Match[str]) -> str:
    return match[1] or match[2]


def _given(table: str, code: str, row: int) -> str:
    if table not in ("line", "cross", "solid"):
        return ""
    names = sorted({(m[1], m[2]) for m in _COLUMN.finditer(code) if m[2] in KINDS})
    values = [f"{letter} = {_value(table, letter, kind, row)!r}" for letter, kind in names]
    return f", {', '.join(values)}" if values else ""


def _value(table: str, letter: str, kind: str, row: int) -> Any:
    return value_of(table, KINDS[kind], index_of(table, letter, row))
