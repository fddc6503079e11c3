"""Literals of each type, tried on behalf of all its literals."""

from __future__ import annotations

LITERALS: dict[str, tuple[str, ...]] = {
    "bool": ("True", "False"),
    "i32": ("0", "1", "-1", "2", "10", "100", "2147483647", "-2147483648"),
    "i64": ("2147483648", "1700000000000", "-9223372036854775808", "9223372036854775807", "9007199254740993", "-3000000000"),
    "f64": ("0.0", "-0.0", "1.0", "0.1", "2.5", "-1.5", "100.0", "1e16", "nan", "inf"),
    "str": ("''", "' '", "'a'", "'A'", "'é'", "'12'", "'1.5'", "'2024-02-29'", "'2024-01-01 00:00:00'", "'a,b'", "'%'", "'true'"),
    "date": ("date(2024, 2, 29)", "date(1970, 1, 1)", "date(1582, 10, 4)", "date(9999, 12, 31)", "date(2023, 12, 31)", "date(1900, 1, 1)"),
    "ts": (
        "at(2024, 2, 29, 12, 34, 56, 789012)", "at(1970, 1, 1)", "at(1969, 12, 31, 23, 59, 59)", "at(2024, 3, 10, 7)", "at(9999, 12, 31)", "at(2023, 12, 31, 23, 59, 59)",
    ),
    "d12": ("exact('0')", "exact('1.5')", "exact('-2.55')", "exact('100')", "exact('0.01')", "exact('9999999999.99')"),
    "bin": ("b''", "b'a'", "b'\\x00\\xff'", "b'ab'", "b'12'", "b'\\xc3\\xa9'"),
}  # fmt: skip
"""Literals of a type as Python text, with the names of ``engine.namespace``."""

MARKS: dict[str, object] = {
    "i32": 987654321,
    "i64": 987654321987,
    "str": "free:str",
    "f64": 987.125,
}
"""Stand-ins for any literal of a kind, for functions that take only literals."""
