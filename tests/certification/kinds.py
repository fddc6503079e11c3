"""Sets of kinds for the catalog's arguments."""

from __future__ import annotations

from tests.certification.cases import Exact, Free, Kinds


def kinds(names: str) -> Kinds:
    """Return the kinds with these names."""
    return Kinds(tuple(names.split()))


def exact(*values: object) -> Exact:
    """Return literals to certify one by one."""
    return Exact(tuple(map(repr, values)))


def free(kind: str, *values: object) -> Free:
    """Return literals of a kind to certify together."""
    return Free(kind, tuple(map(repr, values)))


INT = kinds("i8 i16 i32 i64")
WHOLE = kinds("i32 i64")
FRACTION = kinds("f32 f64")
DECIMAL = kinds("d12 d18 d3810 d380 d5 d33 d3818")
NUMBER = INT + FRACTION + DECIMAL
TEXT = kinds("str num mom json truth url odd")
STR = kinds("str")
BOOL = kinds("bool")
BIN = kinds("bin")
DATE = kinds("date")
TS = kinds("ts")
DAY = DATE + TS
PLAIN = NUMBER + STR + BOOL + BIN + DAY
ATOM = kinds("bool i8 i16 i32 i64 f32 f64 d12 d18 d3810 d380 d5 d33 d3818 str bin date ts")
STRUCT = kinds("pair event nest")
ARRAY = kinds("abool ai32 ai64 af64 astr ad12 adate ats aline aastr")
FLAT_ARRAY = kinds("abool ai32 ai64 af64 astr ad12 adate ats")
MAP = kinds("mstr mi64 mf64 md12 mline mastr")
NESTED = STRUCT + ARRAY + MAP
ANY = ATOM + NESTED

_ORDINARY = ("d12", "d18", "d5", "d33")
_LONG = ("d3810", "d380", "d3818")
DECIMAL_PAIRS = (
    *((one, other) for one in _ORDINARY for other in _ORDINARY),
    *((kind, kind) for kind in _LONG),
    *(pair for one, other in (("d3810", "d12"), ("d380", "d5"), ("d3818", "d18"), ("d3810", "d380")) for pair in ((one, other), (other, one))),
)  # fmt: skip
"""Pairs of sizes of decimals in one operator."""

_MEET = ("i32", "i64", "f64", "d12", "d18", "d3810")
NUMBER_PAIRS = (
    *((kind, kind) for kind in (*INT.names, *FRACTION.names)),
    *DECIMAL_PAIRS,
    *((one, other) for one in _MEET for other in _MEET if one[0] != other[0] or {one, other} == {"i32", "i64"}),
    *(pair for one in ("i8", "i16", "f32") for other in ("i32", "i64", "f64", "d12", "d5") for pair in ((one, other), (other, one))),
)  # fmt: skip
"""Pairs of kinds of numbers in one operator."""
