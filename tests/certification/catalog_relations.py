"""Values as keys or rows: groups, joins, orders, sets of rows, pivots, generators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.certification.cases import token
from tests.certification.kinds import ARRAY, ATOM, MAP, NESTED

_JOINS = {"inner": "inner", "left": "left_outer", "right": "right_outer", "full": "full_outer", "semi": "left_semi", "anti": "left_anti"}  # fmt: skip
_KEYS = ("i64", "i32", "str", "date", "ts", "d12", "f64", "bool", "i8", "i16", "f32", "d3810", "d380", "bin", "pair", "event", "nest", "ai32", "astr", "af64", "ai64", "ad12", "adate", "ats", "abool", "aline", "aastr")  # fmt: skip


@dataclass(frozen=True)
class Relation:
    """A query as Python text over the named tables, with its subject and signature."""

    subject: str
    signature: str
    codes: tuple[str, ...]
    in_order: bool = False
    result: str = ""
    """The type of the function's result, if it has one."""


def keys() -> Iterator[Relation]:
    """Yield groups, joins and sets of rows by each type."""
    for kind in _KEYS:
        yield from _groups(kind)
        yield from _joins(kind)
        yield from _orders(kind)
        yield from _sets(kind)


def _groups(kind: str) -> Iterator[Relation]:
    a, b, type_ = f"a_{kind}", f"b_{kind}", token(kind)
    yield _one("group by", type_, f"shuffled.groupBy({a!r}, 't').agg(F.max('o'), F.count('*'))", f"cross.groupBy({a!r}, {b!r}).count()")  # fmt: skip
    yield _one("distinct", type_, f"shuffled.select({a!r}).distinct()", f"cross.select({a!r}, {b!r}).distinct()")  # fmt: skip
    yield _one("drop duplicates", type_, f"shuffled.select({a!r}, 'g').dropDuplicates([{a!r}, 'g'])")  # fmt: skip
    levels = "F.count('*'), F.max('k'), F.grouping_id()"
    yield _one("rollup", type_, f"shuffled.rollup({a!r}, 't').agg({levels})", f"shuffled.rollup('t', {a!r}).agg(F.grouping({a!r}), F.min('k'))")  # fmt: skip
    grouping = f"shuffled.rollup({a!r}, 't').agg(F.grouping({a!r}), F.min('k'))"
    yield Relation("agg grouping", type_, (grouping,), result="tinyint")
    yield _one("cube", type_, f"shuffled.cube({a!r}, 't').agg({levels})")


def _joins(kind: str) -> Iterator[Relation]:
    left = f"line.select('k', F.col('a_{kind}').alias('x'))"
    right = f"line.select(F.col('b_{kind}').alias('y'), F.col('k').alias('n'))"
    many = f"groups.select(F.col('a_{kind}').alias('y'), F.col('k').alias('n'))"
    named = f"line.select(F.col('b_{kind}').alias('x'), F.col('k').alias('n'))"
    for how, join in _JOINS.items():
        for subject, condition in ((how, "F.col('x') == F.col('y')"), (f"{how} null-safe", "F.col('x').eqNullSafe(F.col('y'))")):  # fmt: skip
            others = (right, many) if how in ("inner", "full") else (right,)
            codes = tuple(f"{left}.join({other}, {condition}, {join!r})" for other in others)
            yield Relation(f"join {subject}", token(kind), codes)
        yield _one(f"join {how}", token(kind), f"{left}.join({named}, 'x', {join!r})")


_MIXED = (("i32", "i64"), ("i64", "i32"), ("i64", "f64"), ("i8", "i32"), ("d12", "d18"), ("d12", "d5"), ("d12", "i64"), ("d3810", "d12"), ("f32", "f64"))  # fmt: skip


def mixed_joins() -> Iterator[Relation]:
    """Yield joins on keys of two types, compared without a cast."""
    for one, other in _MIXED:
        left = f"line.select('k', F.col('a_{one}').alias('x'))"
        right = f"groups.select(F.col('a_{other}').alias('y'), F.col('k').alias('n'))"
        for how, join in _JOINS.items():
            for kind in (one, other):
                code = f"{left}.join({right}, F.col('x') == F.col('y'), {join!r})"
                yield _one(f"join {how}", token(kind), code)


def _sets(kind: str) -> Iterator[Relation]:
    left = f"shuffled.select(F.col('a_{kind}').alias('x'))"
    right = f"line.where('k % 3 <> 1').select(F.col('a_{kind}').alias('x'))"
    for name, method in (("union", "unionByName"), ("intersect", "intersect"), ("except", "subtract"), ("intersect all", "intersectAll"), ("except all", "exceptAll")):  # fmt: skip
        yield _one(name, token(kind), f"{left}.{method}({right})")


def _orders(kind: str) -> Iterator[Relation]:
    """Yield orders of rows and within windows. Only an order without ties determines the order of a table."""
    a = f"a_{kind}"
    ways = ("asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last")  # fmt: skip
    by = [f"F.col({a!r}).{way}()" for way in ways]
    sorts = [f"shuffled.select('k', {a!r}).orderBy({one}, 'k')" for one in by if "last" in one or "first" in one]  # fmt: skip
    limits = [f"shuffled.select('k', {a!r}).orderBy({one}, 'k').limit(20)" for one in by[:2]]
    yield Relation("order by", token(kind), (*sorts, *limits), in_order=True)
    within = "W.partitionBy('t').orderBy"
    numbered = ", ".join(f"F.row_number().over({within}({one}, 'k')).alias('n{n}'), F.dense_rank().over({within}({one})).alias('d{n}')" for n, one in enumerate(by))  # fmt: skip
    everywhere = ", ".join(f"F.lag('k').over(W.orderBy({one}, 'k')).alias('n{n}'), F.rank().over(W.orderBy({one})).alias('r{n}')" for n, one in enumerate(by))  # fmt: skip
    yield _one("order in window", token(kind), f"groups.select('k', {numbered})", f"shuffled.select('k', {everywhere})")  # fmt: skip
    yield _one("partition by", token(kind), f"shuffled.select('k', F.row_number().over(W.partitionBy({a!r}).orderBy('k')).alias('n'), F.count('*').over(W.partitionBy({a!r})).alias('c'))")  # fmt: skip


def _one(subject: str, type_: str, *codes: str) -> Relation:
    return Relation(subject, type_, codes)


def levels() -> Iterator[Relation]:
    """Yield functions that distinguish totals."""
    for kind in ("i64", "str"):
        for how in ("rollup", "cube"):
            code = f"shuffled.{how}('a_{kind}', 't').agg(F.grouping_id(), F.min('k'))"
            yield Relation("agg grouping_id", "", (code,), result="bigint")


def reshaping() -> Iterator[Relation]:
    """Yield pivots, unpivots, filled nulls and generators."""
    for kind in ATOM.names:
        a, b, type_ = f"a_{kind}", f"b_{kind}", token(kind)
        yield _one("unpivot", type_, f"line.select('k', {a!r}, {b!r}).unpivot('k', [{a!r}, {b!r}], 'n', 'v')")  # fmt: skip
        for how in ("any", "all"):
            yield _one("dropna", type_, f"line.select('k', {a!r}, {b!r}).dropna({how!r}, subset=[{a!r}, {b!r}])", f"line.select('k', {a!r}, {b!r}).dropna(thresh=1, subset=[{a!r}, {b!r}])")  # fmt: skip
    for kind, values in _FILLS.items():
        for value in values:
            a = f"a_{kind}"
            signature = f"{token(kind)}, {_literal_token(value)}"
            yield _one("fillna", signature, f"line.select('k', {a!r}).fillna({value})", f"line.select('k', {a!r}, 'b_str').fillna({{{a!r}: {value}}})")  # fmt: skip
    for kind, pairs in _REPLACED.items():
        for pair in pairs:
            old = pair.strip("[{").split(",")[0].split(":")[0].split("]")[0]
            signature = f"{token(kind)}, {_literal_token(old)}"
            yield _one("replace", signature, f"line.select('k', 'a_{kind}').replace({pair})")
    for kind, values in _PIVOTED.items():
        base = f"shuffled.groupBy('t').pivot('a_{kind}', {values})"
        yield _one("pivot", token(kind), *(f"{base}.agg({agg})" for agg in ("F.count('*')", "F.sum('k')", "F.max('a_str'), F.min('k')")))  # fmt: skip
    for kind in (*ARRAY.names, *MAP.names):
        for name in ("explode", "explode_outer", "posexplode", "posexplode_outer"):
            yield _one(name, token(kind), f"line.select('k', F.{name}('a_{kind}')).where('k > 3')")
    for name in ("inline", "inline_outer"):
        yield _one(name, token("aline"), f"line.select('k', F.{name}('a_aline'))")
    for kind in (*ATOM.names, *NESTED.names):
        yield _one("where", token(kind), f"line.where('k > 2').select('a_{kind}')")
    yield _one("join cross", "", "line.select('k').crossJoin(line.select(F.col('k').alias('n')))")


_FILLS = {
    "str": ("'none'", "''"),
    "i32": ("0", "-1", "1.9"),
    "i64": ("0", "-1", "1.9"),
    "f64": ("0.0", "0", "1.5"),
    "f32": ("0.0", "0"),
    "bool": ("False", "True"),
    "d12": ("0", "1.5"),
    "d3810": ("0", "1.5"),
}
_REPLACED = {
    "str": ("'a', 'b'", "['a', 'b'], ['b', 'c']", "{'a': None}"),
    "i32": ("1, 2", "[1, 2], [2, 3]"),
    "i64": ("1, 2", "[1, 2], [2, 3]"),
    "f64": ("1.0, 2.0", "float('nan'), 0.0", "0.0, 1.0"),
}
_PIVOTED = {
    "str": "['a', 'A', 'nothing', '']",
    "i32": "[1, 2, 2024]",
    "i64": "[1, 2, 7]",
    "bool": "[True, False]",
    "date": "[date(2024, 2, 29), date(1, 1, 1)]",
}


def _literal_token(code: str) -> str:
    """Return the token for all literals of this one's type."""
    if code.startswith("'"):
        return "string!"
    if code in ("True", "False"):
        return "boolean!"
    return "int!" if code.lstrip("-").isdigit() else "double!"
