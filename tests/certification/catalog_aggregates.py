"""Aggregate functions, within groups, over all rows and over none; and functions over windows."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification.cases import Template
from tests.certification.kinds import (
    ANY,
    ATOM,
    BOOL,
    INT,
    NESTED,
    STRUCT,
    exact,
    free,
    kinds,
)

NUMBER = kinds("i8 i16 i32 i64 f32 x32 f64 x64 d12 d18 d3810 d380 d5 d33 d3818")
_KEYS = kinds("i32 i64 str date ts d12 f64 bool")
_ONE_ARGUMENT = {
    "count": ANY,
    "sum": NUMBER,
    "avg": NUMBER,
    "min": ANY,
    "max": ANY,
    "bool_and": BOOL,
    "bool_or": BOOL,
    "every": BOOL,
    "some": BOOL,
    "first": ATOM,
    "last": ATOM,
    "any_value": ATOM,
    "first_value": ATOM,
    "last_value": ATOM,
    "collect_list": ATOM + STRUCT,
    "collect_set": ATOM + STRUCT,
    "array_agg": ATOM,
    "count_if": BOOL,
    "approx_count_distinct": ATOM,
    "median": NUMBER,
    "mode": ATOM,
    "stddev": NUMBER,
    "stddev_samp": NUMBER,
    "stddev_pop": NUMBER,
    "std": NUMBER,
    "variance": NUMBER,
    "var_samp": NUMBER,
    "var_pop": NUMBER,
    "skewness": NUMBER,
    "kurtosis": NUMBER,
    "product": NUMBER,
    "bit_and": INT,
    "bit_or": INT,
    "bit_xor": INT,
}


def aggregates() -> Iterator[Template]:
    """Yield aggregate functions."""
    yield _aggregate("F.count('*')", sql="count(*)")
    yield _aggregate("F.count(F.lit({n}))", n=free("i32", 1, 0), sql="count({n})")
    for name, argument in _ONE_ARGUMENT.items():
        sql = None if name == "product" else ""
        yield _aggregate(f"F.{name}({{a}})", sql=sql, a=argument.only_columns)
    yield _aggregate("F.sum(F.lit({n}))", n=free("i32", 1, 0, -1, 2), sql="sum({n})")
    for name in ("first", "last", "any_value", "first_value", "last_value"):
        code = f"F.{name}({{a}}, {{i}})"
        yield _aggregate(code, a=_KEYS.only_columns, i=exact(True, False))
    yield _aggregate("F.count_distinct({a})", a=(ATOM + STRUCT).only_columns, sql="count(distinct {a})")  # fmt: skip
    pairs = tuple(zip(_KEYS.names, (*_KEYS.names[1:], _KEYS.names[0]), strict=True))
    columns = {"a": _KEYS.only_columns, "b": _KEYS.only_columns}
    same = tuple((kind, kind) for kind in _KEYS.names)
    yield Template("F.count_distinct({a}, {b})", columns, "aggregate", pairs=(*pairs, *same), sql="count(distinct {a}, {b})")  # fmt: skip
    yield _aggregate("F.sum_distinct({a})", a=NUMBER.only_columns, sql="sum(distinct {a})")
    for name in ("max_by", "min_by"):
        values = kinds("i32 i64 str f64 d12 ts date pair").only_columns
        yield _aggregate(f"F.{name}({{a}}, {{b}})", a=values, b=_KEYS.only_columns)
    for name in ("corr", "covar_pop", "covar_samp"):
        numbers = kinds("i32 i64 f64 x64 d12").only_columns
        yield _aggregate(f"F.{name}({{a}}, {{b}})", a=numbers, b=numbers)
    shares = exact(0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
    numbers = kinds("i32 i64 f32 f64 d12").only_columns
    # Not percentile: it interpolates, so that its last bit is right by chance.
    for name in ("percentile_approx", "approx_percentile"):
        yield _aggregate(f"F.{name}({{a}}, {{p}})", a=numbers, p=shares)


def _aggregate(code: str, sql: str | None = "", **domains: object) -> Template:
    return Template(code, domains, context="aggregate", sql=sql)  # type: ignore[arg-type]


_FRAMES = (
    "whole",
    "everything",
    "ordered",
    "falling",
    "everywhere",
    *(f"ordered.rowsBetween({start}, {end})" for start, end in (
        ("W.unboundedPreceding", "0"), ("W.unboundedPreceding", "W.unboundedFollowing"), ("0", "W.unboundedFollowing"),
        ("-1", "1"), ("-2", "-1"), ("1", "2"), ("-6", "0"), ("W.unboundedPreceding", "-1"),
    )),
    *(f"ordered.rangeBetween({start}, {end})" for start, end in (("W.unboundedPreceding", "0"), ("0", "W.unboundedFollowing"), ("0", "0"), ("W.unboundedPreceding", "W.unboundedFollowing"))),
)  # fmt: skip
_TIES = ("ties", "ties.rangeBetween(W.unboundedPreceding, 0)")
_OVER = {
    "count": ANY,
    "sum": NUMBER,
    "avg": NUMBER,
    "min": ATOM + STRUCT,
    "max": ATOM + STRUCT,
    "bool_and": BOOL,
    "bool_or": BOOL,
    "every": BOOL,
    "some": BOOL,
    "count_if": BOOL,
    "collect_list": kinds("i32 i64 str ts f64 pair"),
    "collect_set": kinds("i32 str"),
    "stddev": kinds("i32 i64 f64 x64 d12"),
    "stddev_pop": kinds("i32 i64 f64 d12"),
    "variance": kinds("i32 i64 f64 d12"),
}


def windows() -> Iterator[Template]:
    """Yield functions over windows. Functions that number rows are tried over total orders."""
    for frame in (*_FRAMES, *_TIES):
        yield _over("F.count('*')", frame)
        yield _over("F.count(F.lit({n}))", frame, n=free("i32", 1))
        for name, argument in _OVER.items():
            yield _over(f"F.{name}({{a}})", frame, a=argument.only_columns)
    for frame in _FRAMES:
        for name in ("first", "last"):
            yield _over(f"F.{name}({{a}})", frame, a=(ATOM + NESTED).only_columns)
            code = f"F.{name}({{a}}, {{i}})"
            yield _over(code, frame, a=ATOM.only_columns, i=exact(True, False))
    for frame in ("ordered", "falling", *_FRAMES[5:8]):
        for name in ("first_value", "last_value"):
            yield _over(f"F.{name}({{a}})", frame, a=_KEYS.only_columns)
        yield _over("F.nth_value({a}, {n})", frame, a=_KEYS.only_columns, n=exact(1, 2, 3))
    for frame in ("ordered", "falling", "everywhere"):
        yield _over("F.row_number()", frame)
        yield _over("F.ntile({n})", frame, n=exact(1, 2, 3, 4, 5, 10, 100))
        for name in ("lag", "lead"):
            yield _over(f"F.{name}({{a}}, {{n}})", frame, a=ANY.only_columns, n=_STEPS)
            for kind, values in _DEFAULTS.items():
                default = free(kind, *values)
                column = kinds(kind).only_columns
                code = f"F.{name}({{a}}, {{n}}, {{d}})"
                yield _over(code, frame, a=column, n=_STEPS, d=default)
    for frame in ("ordered", "falling", "everywhere", "ties"):
        for name in ("rank", "dense_rank", "percent_rank", "cume_dist"):
            yield _over(f"F.{name}()", frame)


_STEPS = free("i32", 1, 0, 2, 3, 7, -1)
_DEFAULTS = {
    "i32": (0, -1, 1, 100, 2147483647, 7),
    "f64": (0.0, -1.5, 1.0, 100.0, 1e16, 0.1),
    "str": ("", "a", "none", "é", "0", " "),
}


def _over(code: str, frame: str, **domains: object) -> Template:
    return Template(f"{code}.over({frame})", domains, context="window", sql=None)  # type: ignore[arg-type]
