"""Nested expressions that an engine may simplify: ``year(d) = 2024``, ``a = a``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.certification.cases import Template, token
from tests.certification.kinds import kinds
from tests.certification.literals import LITERALS
from tests.certification.plans import call, target_token

_COMPARISONS = ("==", "!=", "<", ">=")
_ORDINARY = ("i32", "i64", "f64", "d12", "str", "date", "ts")


def same_columns() -> Iterator[Template]:
    """Yield operators with one column on both sides, and with null."""
    for kind in _ORDINARY:
        for sign in ("==", "<", "<=", ">", ">="):
            yield _of(kind, f"({{a}} {sign} {{a}})")
            yield _of(kind, f"({{a}} {sign} F.lit(None))")
        yield _of(kind, "{a}.eqNullSafe({a})")
        yield _of(kind, "{a}.eqNullSafe(F.lit(None))")
        yield _of(kind, "F.coalesce({a}, F.lit(None))")
        yield _of(kind, "F.coalesce(F.lit(None), {a})")
        yield _of(kind, "F.when({a}.isNotNull(), {a}).otherwise(F.lit(None))", "when", f"boolean, {token(kind)}, void!")  # fmt: skip
        yield _of(kind, "F.when({a}.isNotNull(), F.lit(None)).otherwise({a})", "when", f"boolean, void!, {token(kind)}")  # fmt: skip
        yield _of(kind, "F.nullif({a}, {a})")
    for kind in _ORDINARY[:4]:
        for sign in "+-*/%":
            yield _of(kind, f"({{a}} {sign} {{a}})")
    for kind in ("i8", "i16", "i32", "i64"):
        for name in ("bitwiseAND", "bitwiseOR", "bitwiseXOR"):
            yield _of(kind, f"{{a}}.{name}({{a}})")
    for sign in "&|":
        yield _of("bool", f"({{a}} {sign} {{a}})")
        yield _of("bool", f"({{a}} {sign} ~{{a}})", "and" if sign == "&" else "or", "boolean, boolean")  # fmt: skip


_LOGIC = (
    ("or", "(({a} == {v}) | ({a} == {w}))"),
    ("or", "(({a} == {v}) | ({a} != {v}))"),
    ("or", "(({a} < {v}) | ({a} >= {v}))"),
    ("or", "({a}.isNull() | ({a} == {v}))"),
    ("or", "({a}.isin({v}, {w}) | ({a} == {u}))"),
    ("or", "(({a} == {v}) | F.lit(None).cast('boolean'))"),
    ("and", "(({a} > {v}) & ({a} > {w}))"),
    ("and", "(({a} >= {v}) & ({a} <= {v}))"),
    ("and", "(({a} == {v}) & ({a} == {w}))"),
    ("and", "(({a} == {v}) & ({a} != {v}))"),
    ("and", "({a}.isNotNull() & ({a} == {v}))"),
    ("and", "({a}.isNull() & ({a} == {v}))"),
    ("and", "({a}.isin({v}, {w}) & {a}.isin({w}, {u}))"),
    ("and", "({a}.between({v}, {w}))"),
    ("and", "(({a} == {v}) & F.lit(None).cast('boolean'))"),
    ("not", "(~({a} < {v}))"),
    ("not", "(~({a} == {v}))"),
    ("not", "(~(~({a} >= {v})))"),
    ("not", "(~({a}.isNull()))"),
    ("not", "(~({a}.isin({v}, {w})))"),
    ("not", "(~({a}.between({v}, {w})))"),
    ("not", "(~({a}.eqNullSafe({v})))"),
    ("not", "(~(({a} == {v}) | ({a} > {w})))"),
    ("not", "(~(({a} > {v}) & ({a} < {w})))"),
    ("==", "(({a} == {v}) == F.lit(True))"),
    ("==", "(({a} == {v}) == F.lit(False))"),
)
_CHOICES = (
    "F.when({a} == {v}, True).otherwise(False)",
    "(F.when({a} == {v}, 'x').otherwise('y') == 'x')",
    "(F.when({a} == {v}, 'x').when({a} > {w}, 'z').otherwise('y') != 'x')",
    "(F.when({a} == {v}, 'x') == 'x')",
    "(~F.when({a} > {v}, True))",
    "(F.when({a} > {v}, F.lit(None)).otherwise(True))",
)


def logic() -> Iterator[Template]:
    """Yield conditions of conditions."""
    for kind in _ORDINARY:
        # Nobody asks for both zeros, which Sail treats as two numbers.
        literals = [value for value in LITERALS[kind] if value != "-0.0"]
        for start in (0, 2):
            values = {name: literals[(start + n) % len(literals)] for n, name in enumerate("vwu")}
            for subject, code in _LOGIC:
                signature = {"not": "boolean", "==": "boolean, boolean!"}.get(subject, "boolean, boolean")  # fmt: skip
                yield _of(kind, _filled(code, values), subject, signature)
            for code in _CHOICES:
                for signature in ("boolean, string!, string!", "boolean, boolean!, boolean!"):
                    yield _of(kind, _filled(code, values), "when", signature)
            same = f"{token(kind)}, {token(kind)}!"
            yield _of(kind, _filled("(F.coalesce({a}, F.lit({v})) == {v})", values), "coalesce", same)  # fmt: skip
            yield _of(kind, _filled("F.coalesce({a} == {v}, F.lit(False))", values), "coalesce", "boolean, boolean!")  # fmt: skip


def _filled(code: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        code = code.replace(f"{{{name}}}", value)
    return code


_CASTS = (
    ("i32", "bigint", ("7", "3000000000")), ("i8", "int", ("7", "1000")), ("i16", "bigint", ("7", "-100000")), ("i32", "double", ("7.0", "2.5")), ("i64", "double", ("7.0", "9007199254740992.0")),
    ("i32", "string", ("'7'", "'x'")), ("i64", "string", ("'7'",)), ("num", "int", ("12",)), ("num", "bigint", ("12",)), ("num", "double", ("12.0",)), ("mom", "date", ("date(2024, 2, 29)",)),
    ("mom", "timestamp", ("at(2024, 1, 1)",)), ("date", "timestamp", ("at(2024, 2, 29)", "at(2024, 2, 29, 12)")), ("ts", "date", ("date(2024, 2, 29)", "date(1969, 12, 31)")), ("date", "string", ("'2024-02-29'",)),
    ("ts", "string", ("'2024-01-01 00:00:00'",)), ("d12", "double", ("2.5",)), ("d12", "int", ("2", "3")), ("d12", "bigint", ("2", "-3")), ("i32", "decimal(12,2)", ("exact('7')", "exact('2.50')")),
    ("d12", "decimal(18,6)", ("exact('2.5')",)), ("bool", "int", ("1", "2")), ("bool", "string", ("'true'", "'x'")), ("i64", "int", ("7",)), ("i64", "timestamp", ("at(1970, 1, 1)",)), ("ts", "bigint", ("0", "-1")),
    ("f64", "int", ("2",)), ("f32", "double", ("0.1", "2.5")), ("i32", "boolean", ("True",)), ("d12", "string", ("'2.50'",)),
)  # fmt: skip
_CALLS: tuple[tuple[str, str, Sequence[str], str], ...] = (
    ("F.year({a})", "date ts", ("2024", "1970", "1"), ""),
    ("F.month({a})", "date ts", ("2", "12"), ""),
    ("F.quarter({a})", "date ts", ("1",), ""),
    ("F.dayofmonth({a})", "date ts", ("29", "31"), ""),
    ("F.dayofweek({a})", "date ts", ("1", "5"), ""),
    ("F.dayofyear({a})", "date ts", ("60",), ""),
    ("F.weekofyear({a})", "date ts", ("53", "1"), ""),
    ("F.hour({a})", "ts", ("12", "23"), ""),
    ("F.minute({a})", "ts", ("59",), ""),
    ("F.second({a})", "ts", ("59",), ""),
    ("F.to_date({a})", "date ts", ("date(2024, 2, 29)", "date(1969, 12, 31)"), ""),
    ("F.date_trunc('month', {a})", "ts", ("at(2024, 2, 1)", "at(2024, 2, 2)"), ""),
    ("F.date_trunc('day', {a})", "ts", ("at(2024, 2, 29)", "at(1969, 12, 31)"), ""),
    ("F.date_trunc('hour', {a})", "ts", ("at(2024, 2, 29, 12)",), ""),
    ("F.date_trunc('year', {a})", "ts date", ("at(2024, 1, 1)",), ""),
    ("F.trunc({a}, 'month')", "date", ("date(2024, 2, 1)",), ""),
    ("F.date_add({a}, 1)", "date", ("date(2024, 3, 1)",), "date, int!"),
    ("F.date_sub({a}, 1)", "date", ("date(2024, 2, 28)",), "date, int!"),
    ("F.date_format({a}, 'yyyy-MM')", "ts date", ("'2024-02'",), ""),
    ("F.last_day({a})", "date", ("date(2024, 2, 29)",), ""),
    ("F.upper({a})", "str", ("'A'",), ""),
    ("F.lower({a})", "str", ("'a'",), ""),
    ("F.trim({a})", "str", ("''", "'a'"), ""),
    ("F.length({a})", "str", ("0", "1"), ""),
    ("F.substring({a}, 1, 2)", "str", ("'ab'", "'a'", "''"), "string, int!, int!"),
    ("F.concat({a}, F.lit('x'))", "str", ("'ax'",), "string, string!"),
    ("F.abs({a})", "i32 i64 d12", ("1", "100"), ""),
    ("F.floor({a})", "d12 f64", ("2", "-3"), ""),
    ("F.ceil({a})", "d12 f64", ("3", "-2"), ""),
    ("(-{a})", "i32 i64 f64", ("1", "-7"), ""),
    ("({a} + 1)", "i32", ("8", "-2147483648"), "int, int!"),
    ("({a} - 1)", "i32", ("6", "2147483647"), "int, int!"),
    ("({a} * 2)", "i32", ("14", "-2", "0"), "int, int!"),
    ("({a} + 1)", "i64", ("8", "-9223372036854775808"), "bigint, int!"),
    ("({a} - 1)", "i64", ("6", "9223372036854775807"), "bigint, int!"),
    ("({a} * 2)", "i64", ("14", "-2"), "bigint, int!"),
    ("({a} + 1.0)", "f64", ("3.5", "1e16"), "double, double!"),
    ("({a} / 2)", "i32 i64", ("3.5", "0.0"), ""),
    ("({a} % 2)", "i32 i64", ("1", "0", "-1"), ""),
)


def compared() -> Iterator[Template]:
    """Yield comparisons of results with a literal, where an engine may compare the argument instead."""
    for kind, target, values in _CASTS:
        signature = f"{token(kind)}, {target_token(target)}"
        yield from _compared(kind, f"{{a}}.cast({target!r})", values, "cast", signature)
    for code, names, values, given in _CALLS:
        for kind in names.split():
            called = call(code.replace("{a}", f"F.col('a_{kind}')"), "scalar")
            signature = given or called.signature()
            yield from _compared(kind, code, values, called.subject, signature)


def _compared(
    kind: str, code: str, values: Sequence[str], subject: str, signature: str
) -> Iterator[Template]:
    for value in values:
        for sign in _COMPARISONS:
            yield _of(kind, f"({code} {sign} {value})", subject, signature)
        yield _of(kind, f"({code}.isin({value}, {value}))", subject, signature)
    yield _of(kind, f"{code}.isNull()", subject, signature)


def _of(kind: str, code: str, subject: str = "", signature: str = "") -> Template:
    column = kinds(kind).only_columns
    return Template(code, {"a": column}, sql=None, subject=subject, signature=signature, solid=True)
