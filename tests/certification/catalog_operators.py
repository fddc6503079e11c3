"""Operators, conditions, casts, and functions of values of any type."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification.cases import Template, token
from tests.certification.kinds import (
    ANY,
    ATOM,
    BOOL,
    DECIMAL_PAIRS,
    FRACTION,
    INT,
    NUMBER,
    NUMBER_PAIRS,
    STRUCT,
    exact,
    free,
    kinds,
)
from tests.certification.literals import LITERALS

_SAME = tuple((kind, kind) for kind in ("str", "bool", "bin", "date", "ts", *STRUCT.names))
_LISTS = tuple((kind, kind) for kind in ("ai32", "ai64", "af64", "astr", "ad12", "adate", "ats", "aline"))  # fmt: skip
_TEXT_MEETS = tuple(
    pair
    for text, other in (("mom", "date"), ("mom", "ts"), ("num", "i32"), ("num", "i64"), ("num", "f64"), ("num", "d12"), ("truth", "bool"))
    for pair in ((text, other), (other, text))
)  # fmt: skip
_COMPARED = (*NUMBER_PAIRS, *_SAME, *_LISTS, ("date", "ts"), ("ts", "date"), *_TEXT_MEETS)
_COMMON_TYPES = (
    *((kind, kind) for kind in ANY.names),
    *DECIMAL_PAIRS,
    ("i32", "i64"), ("i64", "i32"), ("i32", "f64"), ("f64", "i32"), ("i64", "f64"), ("f64", "i64"), ("d12", "i32"), ("i32", "d12"), ("d12", "f64"), ("f64", "d12"),
    ("d12", "i64"), ("i64", "d12"), ("date", "ts"), ("ts", "date"), ("str", "i32"), ("i32", "str"), ("str", "date"), ("date", "str"), ("str", "ts"), ("ts", "str"),
)  # fmt: skip


_DAYS = ("2024-01-01", "2024-02-29", "2024-02-29 12:34:56", "2024-02-29 12:34:56.789012", "1969-12-31 23:59:59", "9999-12-31", "2024-1-1", "2024-02-29T12:34:56", "2024-02-29T00:00:00Z")  # fmt: skip
_MOMENTS = {"date": free("str", *_DAYS), "ts": free("str", *_DAYS, "2024-02", "2024", "abc", "")}
_DIVISORS = exact(1, 2, 3, 4, 5, 7, 8, 10, 12, 24, 30, 52, 60, 100, 365, 1000, 1024, 3600, 86400, 1000000, 1.0, 2.0, 3.0, 10.0, 12.0, 24.0, 60.0, 100.0, 365.0, 365.25, 1000.0, 1024.0, 3600.0, 86400.0, 0.5, 0.1, 0.01, 1.1, 1.2, 1.19, 0.2, 1e6, 1e9)  # fmt: skip


def operators() -> Iterator[Template]:
    """Yield arithmetic, comparisons and boolean logic."""
    both = {"a": NUMBER, "b": NUMBER}
    for sign in "+-*/%":
        yield Template(f"({{a}} {sign} {{b}})", both, pairs=NUMBER_PAIRS, sql=f"{{a}} {sign} {{b}}")
    for sign in "/%":
        code = f"({{a}} {sign} {{n}})"
        numbers = kinds("i32 i64 f64 d12 d18 i8 i16 f32")
        yield Template(code, {"a": numbers.only_columns, "n": _DIVISORS}, sql=f"{{a}} {sign} {{n}}")
    yield Template("({a} * {n})", {"a": kinds("f64 f32").only_columns, "n": _DIVISORS}, sql=None)
    yield Template(
        "({n} / {a})",
        {"a": kinds("i32 i64 f64").only_columns, "n": exact(1, 1.0, 100, 100.0)},
        sql=None,
    )
    for sign in ("==", "<", "<=", ">", ">="):
        code = f"({{a}} {sign} {{b}})"
        yield Template(code, {"a": ANY, "b": ANY}, pairs=_COMPARED, sql=f"{{a}} {sign} {{b}}")
    code = "{a}.eqNullSafe({b})"
    yield Template(code, {"a": ANY, "b": ANY}, pairs=_COMPARED, sql="{a} <=> {b}")
    for kind, moments in _MOMENTS.items():
        arguments = {"a": kinds(kind).only_columns, "v": moments}
        for sign in ("==", "<", "<=", ">", ">="):
            yield Template(f"({{a}} {sign} {{v}})", arguments, sql=f"{{a}} {sign} {{v}}", solid=True)  # fmt: skip
            yield Template(f"(F.lit({{v}}) {sign} {{a}})", arguments, sql=f"{{v}} {sign} {{a}}")
        some = ", ".join(moments.values[:3])
        yield Template(f"{{a}}.isin({some})", {"a": kinds(kind).only_columns}, sql=None, signature=f"{token(kind)}, string!")  # fmt: skip
    for sign, word in (("&", "and"), ("|", "or")):
        code = f"({{a}} {sign} {{b}})"
        yield Template(code, {"a": BOOL, "b": BOOL}, all_literals=True, sql=f"{{a}} {word} {{b}}")
    yield Template("(~{a})", {"a": BOOL}, sql="not {a}")
    yield Template("(-{a})", {"a": NUMBER}, sql="-{a}")


def conditions() -> Iterator[Template]:
    """Yield functions that choose among values, and tests for null."""
    for name in ("isNull", "isNotNull"):
        words = "is null" if name == "isNull" else "is not null"
        yield Template(f"{{a}}.{name}()", {"a": ANY}, sql=f"{{a}} {words}")
    yield Template("F.isnan({a})", {"a": FRACTION})
    # Spark's isnan is never null, but Sail's may be, so Alur passes this form to Sail.
    rewritten = "F.coalesce(F.isnan({a}), F.lit(False))"
    for kind in FRACTION.names:
        yield Template(rewritten, {"a": kinds(kind).only_columns}, sql=None, subject="isnan (rewritten)", signature=token(kind))  # fmt: skip
    for pair in (("date", "date"), ("date", "ts"), ("ts", "date"), ("ts", "ts")):
        # Sail returns a bigint.
        both = {"a": kinds(pair[0]).only_columns, "b": kinds(pair[1]).only_columns}
        signature = f"{token(pair[0])}, {token(pair[1])}"
        yield Template("F.datediff({a}, {b}).cast('int')", both, sql=None, subject="datediff (cast)", signature=signature, by_row=True)  # fmt: skip
    for name in ("coalesce", "ifnull", "nvl", "nullif"):
        yield Template(f"F.{name}({{a}}, {{b}})", {"a": ANY, "b": ANY}, pairs=_COMMON_TYPES)
    yield Template("F.coalesce({a}, {b}, {c})", {"a": ATOM, "b": ATOM, "c": ATOM}, same=True)
    yield Template("F.nvl2({a}, {b}, {c})", {"a": kinds("i32 str"), "b": ATOM, "c": ATOM}, pairs=tuple((a, b, b) for a in ("i32", "str") for b in ATOM.names))  # fmt: skip
    yield Template("F.nanvl({a}, {b})", {"a": FRACTION, "b": FRACTION}, same=True)
    for name in ("greatest", "least"):
        yield Template(f"F.{name}({{a}}, {{b}})", {"a": ATOM, "b": ATOM}, pairs=_COMMON_TYPES)
        yield Template(f"F.{name}({{a}}, {{b}}, {{c}})", {"a": ATOM, "b": ATOM, "c": ATOM}, same=True)  # fmt: skip
    condition = {"c": BOOL.only_columns, "a": ANY, "b": ANY}
    triples = tuple(("bool", one, other) for one, other in _COMMON_TYPES)
    yield Template("F.when({c}, {a}).otherwise({b})", condition, pairs=triples, sql="case when {c} then {a} else {b} end")  # fmt: skip
    yield Template("F.when({c}, {a})", {"c": BOOL.only_columns, "a": ANY}, sql="case when {c} then {a} end")  # fmt: skip
    yield Template("F.when({c}, {a}).when({d}, {b}).otherwise({e})", {"c": BOOL.only_columns, "a": ATOM, "d": BOOL.only_columns, "b": ATOM, "e": ATOM}, pairs=tuple(("bool", k, "bool", k, k) for k in ATOM.names), sql=None)  # fmt: skip
    yield Template("{a}.isin({b})", {"a": ATOM, "b": ATOM}, same=True, sql="{a} in ({b})")
    yield Template("{a}.isin({b}, {c})", {"a": ATOM, "b": ATOM, "c": ATOM}, same=True, sql="{a} in ({b}, {c})")  # fmt: skip
    for kind, values in LITERALS.items():
        for count in (4, 5, 9):
            chosen = ", ".join((values * 2)[:count])
            type_ = token(kind)
            yield Template(f"{{a}}.isin({chosen})", {"a": kinds(kind).only_columns}, signature=f"{type_}, {type_}!", sql=None)  # fmt: skip
    for count in (4, 5, 9):
        chosen = ", ".join((LITERALS["i32"] * 2)[:count])
        yield Template(f"{{a}}.isin({chosen})", {"a": kinds("i64").only_columns}, signature="bigint, int!", sql=None)  # fmt: skip
    for one, other in (("i64", "i32"), ("f64", "i32"), ("d12", "i32"), ("i32", "i64"), ("f64", "d12"), ("d12", "f64"), ("date", "str"), ("ts", "str"), ("ts", "date")):  # fmt: skip
        yield Template("{a}.isin({b})", {"a": kinds(one), "b": kinds(other)}, sql="{a} in ({b})")
        yield Template("{a}.isin({b}, {c})", {"a": kinds(one), "b": kinds(other), "c": kinds(other)}, sql="{a} in ({b}, {c})")  # fmt: skip


_TARGETS = (
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp",
    "decimal(12,2)", "decimal(18,6)", "decimal(38,10)", "decimal(38,0)", "decimal(5,0)", "decimal(3,3)", "decimal(10,4)", "decimal(18,18)", "decimal(38,18)",
)  # fmt: skip
_ARRAY_TARGETS = ("string", "array<string>", "array<int>", "array<bigint>", "array<double>")


def casts() -> Iterator[Template]:
    """Yield casts from each type to each."""
    atoms = kinds(" ".join((*ATOM.names, "num", "mom", "sign", "truth", "json", "era", "eon")))
    for target in _TARGETS:
        sql = None if target == "timestamp" else f"cast({{a}} as {target})"
        yield Template(f"limited({{a}}.cast({target!r}))", {"a": atoms}, all_literals=True, by_row=True, sql=sql)  # fmt: skip
    for target in _ARRAY_TARGETS:
        yield Template(f"{{a}}.cast({target!r})", {"a": kinds("ai32 ai64 af64 astr")}, by_row=True, sql=f"cast({{a}} as {target})")  # fmt: skip
    yield Template("{a}.cast('string')", {"a": STRUCT + kinds("mstr mi64 adate ats ad12 abool")}, sql="cast({a} as string)")  # fmt: skip
    yield Template("F.lit(None).cast({a})", {"a": exact("string", "int", "bigint", "double", "date", "timestamp", "boolean", "decimal(12,2)", "binary", "array<string>", "float")}, sql=None)  # fmt: skip


def bits() -> Iterator[Template]:
    """Yield operators on the bits of integers."""
    both = {"a": INT, "b": INT}
    for name, sign in (("bitwiseAND", "&"), ("bitwiseOR", "|"), ("bitwiseXOR", "^")):
        yield Template(f"{{a}}.{name}({{b}})", both, same=True, sql=f"{{a}} {sign} {{b}}")
    yield Template("F.bitwise_not({a})", {"a": INT}, sql="~{a}")
    amounts = exact(0, 1, 2, 8, 31, 33)
    for name in ("shiftleft", "shiftright", "shiftrightunsigned"):
        yield Template(f"F.{name}({{a}}, {{n}})", {"a": kinds("i32 i64"), "n": amounts})
