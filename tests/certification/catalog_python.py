"""Python functions: the values that they receive, and the conversion of their results."""

from __future__ import annotations

from collections.abc import Iterator

from alur.analysis.known_differences import known_difference
from alur.analysis.signatures import Argument
from tests.certification.cases import token
from tests.certification.catalog_relations import Relation
from tests.certification.rules import refusal
from tests.certification.values import KINDS

_KINDS = ["i32", "i64", "str", "f64", "bool", "day", "now", "d12", "bin", "i8", "i16", "f32", "d3810", "astr", "ai32", "ai64", "af64", "anow", "ad12", "mstr", "mi64", "pair", "moment", "nest", "aline"]  # fmt: skip
_LOOSE = {
    "f64": ("1", "'x'"),
    "i32": ("1.0", "True", "'1'"),
    "i64": ("1.0", "True"),
    "str": ("1", "1.5", "True"),
    "bool": ("1", "'true'"),
    "day": ("'2024-01-01'", "at(2024, 1, 1)"),
    "now": ("'2024-01-01'", "date(2024, 1, 1)"),
    "d12": ("1", "1.5", "D('1.239')", "D('2')"),
    "astr": ("('a', 'b')", "'ab'"),
}
"""Results that differ slightly from the declared type; a function of single rows fails on them on Sail."""


def functions() -> Iterator[Relation]:
    """Yield functions of rows, of batches, of groups and of whole frames, for each type."""
    for kind in _KINDS:
        for relation in (*_of_values(kind), *_of_frames(kind)):
            if not _is_refused_alone(relation.subject, kind):
                yield relation


def _is_refused_alone(subject: str, kind: str) -> bool:
    """Return whether the guard refuses a kind, but not others with the same token."""
    refused = known_difference(subject, [Argument(KINDS[kind].type)])
    return refused is not None and refusal(subject, token(kind)) is None


def _of_values(kind: str) -> Iterator[Relation]:
    column, type_ = f"F.col('a_{kind}')", KINDS[kind].type.simpleString()
    calls = [f"(lambda x: x, {type_!r}", "(lambda x: type(x).__name__ + repr(x), 'string'"]
    codes = tuple(f"line.select('k', F.udf{call})({column}))" for call in calls)
    yield Relation("udf", token(kind), codes)
    calls += [f"(lambda x: {value}, {type_!r}" for value in _LOOSE.get(kind, ())]
    codes = tuple(f"line.select('k', F.udf{call}, useArrow=True)({column}))" for call in calls)
    yield Relation("udf arrow", token(kind), codes)
    shown = "x.map(lambda v: type(v).__name__ + repr(v))"
    yield Relation("pandas_udf scalar", token(kind), (
        f"line.select('k', F.pandas_udf(lambda x: x, {type_!r}, 200)({column}))",
        f"line.select('k', F.pandas_udf(lambda x: {shown}, 'string', 200)({column}))",
        f"line.select('k', F.pandas_udf(lambda x: x.map(lambda v: str(x.dtype)), 'string', 200)({column}))",
    ))  # fmt: skip
    yield Relation("pandas_udf scalar iter", token(kind), (
        f"line.select('k', F.pandas_udf(lambda it: (x for x in it), {type_!r}, 204)({column}))",
        f"line.select('k', F.pandas_udf(lambda it: ({shown} for x in it), 'string', 204)({column}))",
    ))  # fmt: skip
    yield Relation("pandas_udf grouped agg", token(kind), (
        f"line.groupBy('k').agg(F.pandas_udf(lambda x: x.iloc[0], {type_!r}, 202)({column}))",
        f"groups.groupBy('g').agg(F.pandas_udf(lambda x: ' '.join(sorted(map(repr, x))), 'string', 202)({column}))",
    ))  # fmt: skip


def _of_frames(kind: str) -> Iterator[Relation]:
    name, type_ = f"a_{kind}", KINDS[kind].type.simpleString()
    source = f"line.select('k', {name!r})"
    same, text = f"k int, {name} {type_}", "k int, r string"
    shown = f"d[['k']].assign(r=[type(v).__name__ + repr(v) + str(d[{name!r}].dtype) for v in d[{name!r}]])"  # fmt: skip
    yield Relation("mapInPandas", token(kind), (
        f"{source}.mapInPandas(lambda it: it, {same!r})",
        f"{source}.mapInPandas(lambda it: ({shown} for d in it), {text!r})",
    ))  # fmt: skip
    yield Relation("mapInArrow", token(kind), (f"{source}.mapInArrow(lambda it: it, {same!r})",))
    yield Relation("applyInPandas", token(kind), (
        f"{source}.groupBy('k').applyInPandas(lambda d: d, {same!r})",
        f"groups.select('k', 'g', {name!r}).groupBy('g').applyInPandas(lambda d: {shown}, {text!r})",
    ))  # fmt: skip
    yield Relation("cogroup applyInPandas", token(kind), (
        f"{source}.groupBy('k').cogroup({source}.where('k > 2').groupBy('k')).applyInPandas(lambda c, d: d, {same!r})",
        f"{source}.groupBy('k').cogroup(groups.select('k', {name!r}).groupBy('k')).applyInPandas(lambda c, d: {shown}, {text!r})",
    ))  # fmt: skip
