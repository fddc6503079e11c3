"""A pipeline's fingerprint changes with its meaning, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest
from pyspark.sql import SparkSession

from alur.runtime.engines.engine import open_session
from tests.lineage.edits import KEEPING, changing
from tests.lineage.operators import OPERATORS
from tests.lineage.oracle import facts_for, function_of, names_in_code

pytestmark = pytest.mark.filterwarnings("ignore:WARN WindowExpression")

_WITHOUT_MEANING = {"order", "sort_within", "hint"}
"""Pipelines whose order of rows, or whose number of parts, is not stored."""

SAME = {
    "conditions in another order": (
        "return groups.where((F.col('a_i32') > 1) & (F.col('b_i32') > 2)).select('k')",
        "return groups.where('b_i32 > 2').select('k', 'a_i32').where(F.col('a_i32') > 1).select('k')",
    ),
    "columns in another order": (
        "return groups.withColumn('x', F.col('a_i32') + 1).withColumn('y', F.upper('a_str')).select('x', 'y')",
        "return groups.withColumn('y', F.upper('a_str')).select('*', (F.col('a_i32') + 1).alias('x')).select('x', 'y')",
    ),
    "names of columns in between": (
        "return groups.groupBy('g').agg(F.sum('a_i32').alias('x')).select('g', (F.col('x') * 2).alias('y'))",
        "return groups.groupBy('g').agg(F.sum('a_i32').alias('z')).select('g', (F.col('z') * 2).alias('y'))",
    ),
    "keys in another order": (
        "return groups.groupBy('g', 'a_str').agg(F.sum('a_i32').alias('x'))",
        "return groups.groupBy('a_str', 'g').agg(F.sum('a_i32').alias('x')).select('g', 'a_str', 'x')",
    ),
    "a filter before or after a column": (
        "return groups.where('a_i32 > 1').withColumn('x', F.col('k') + 1).select('x')",
        "return groups.withColumn('x', F.col('k') + 1).where(groups.a_i32 > 1).select('x')",
    ),
    "names of a lambda's variables": (
        "return groups.select(F.transform(F.array('a_i32'), lambda v: v + 1).alias('x'))",
        "return groups.select(F.transform(F.array('a_i32'), lambda w: w + 1).alias('x'))",
    ),
    "an order that is not stored": (
        "return groups.select('k', 'a_i32')",
        "return groups.select('k', 'a_i32').orderBy('a_i32')",
    ),
    "an alias of a frame": (
        "return groups.where('a_i32 > 1').select('k')",
        "return groups.alias('o').where('o.a_i32 > 1').select('o.k')",
    ),
    "values in another order": (
        "return groups.where(F.col('a_str').isin('a', 'b', 'c')).select('k')",
        "return groups.where(F.col('a_str').isin('c', 'a', 'b')).select('k')",
    ),
    "a drawn sample": (
        "return groups.sample(0.5).select('k')",
        "return groups.sample(fraction=0.5).select('k')",
    ),
    "names of unused columns of a view": (
        "groups.createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v')",
        "groups.withColumnRenamed('g', 'h').createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v')",
    ),
    "a Python function": (
        """
        def add(left, right):
            return left + right
        return groups.select(F.udf(add, 'int')('a_i32', F.lit(2)).alias('x'))
        """,
        '''
        def add(one, other):
            """Add."""
            # The same in other words.
            return (one
                    + other)
        return groups.select(F.udf(add, 'int')('a_i32', F.lit(2)).alias('x'))
        ''',
    ),
}
DIFFERENT = {
    "a Python function": (
        "return groups.select(F.udf(lambda v: v + 1, 'int')('a_i32').alias('x'))",
        "return groups.select(F.udf(lambda v: v - 1, 'int')('a_i32').alias('x'))",
    ),
    "a constant of a Python function": (
        "rate = 2; return groups.select(F.udf(lambda v: v * rate, 'int')('a_i32').alias('x'))",
        "rate = 3; return groups.select(F.udf(lambda v: v * rate, 'int')('a_i32').alias('x'))",
    ),
    "a function called by a Python function": (
        "once = lambda v: v; return groups.select(F.udf(lambda v: once(v), 'int')('a_i32').alias('x'))",
        "once = lambda v: -v; return groups.select(F.udf(lambda v: once(v), 'int')('a_i32').alias('x'))",
    ),
    "a type": (
        "return groups.select(F.col('a_i32').cast('bigint').alias('x'))",
        "return groups.select(F.col('a_i32').cast('double').alias('x'))",
    ),
    "the side of a join with itself": (
        "return groups.alias('x').join(groups.alias('o'), F.expr('x.k = o.g')).select('x.a_str')",
        "return groups.alias('x').join(groups.alias('o'), F.expr('x.k = o.g')).select('o.a_str')",
    ),
    "a filter before an aggregate or after it": (
        "return groups.where('g > 1').groupBy('g').agg(F.sum('a_i32').alias('x')).where('g > 2')",
        "return groups.groupBy('g').agg(F.sum('a_i32').alias('x')).where('g > 2').where('g > 1')",
    ),
    "a window before a filter or after it": (
        "return groups.withColumn('n', F.row_number().over(W.orderBy('k'))).where('g > 1').select('n')",
        "return groups.where('g > 1').withColumn('n', F.row_number().over(W.orderBy('k'))).select('n')",
    ),
    "the order of a window": (
        "return groups.select(F.row_number().over(W.orderBy('k')).alias('n'))",
        "return groups.select(F.row_number().over(W.orderBy(F.desc('k'))).alias('n'))",
    ),
    "the frame of a window": (
        "return groups.select(F.sum('k').over(W.orderBy('k').rowsBetween(-1, 0)).alias('n'))",
        "return groups.select(F.sum('k').over(W.orderBy('k').rowsBetween(-2, 0)).alias('n'))",
    ),
    "distinct in an aggregate": (
        "return groups.agg(F.count('a_str').alias('n'))",
        "return groups.agg(F.countDistinct('a_str').alias('n'))",
    ),
    "rows of the function's own": (
        "return groups.sparkSession.createDataFrame([(1,)], 'x int')",
        "return groups.sparkSession.createDataFrame([(2,)], 'x int')",
    ),
    "rows that decide the plan": (
        "return groups.limit(1) if groups.count() else groups.limit(2)",
        "return groups.limit(1) if groups.count() else groups.limit(2).limit(3)",
    ),
    "the number of values before a replacement": (
        "return groups.fillna({'a_i32': 1, 'b_i32': 2}).select('a_i32', 'b_i32')",
        "return groups.fillna({'a_i32': 2, 'b_i32': 1}).select('a_i32', 'b_i32')",
    ),
    "SQL text": (
        "groups.createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v where g > 1')",
        "groups.createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v where g > 2')",
    ),
    "a view below SQL text": (
        "groups.where('g > 1').createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v')",
        "groups.where('g > 2').createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v')",
    ),
    "the keys of groups given to Python": (
        "return groups.select('k', 'g').groupBy('k').applyInPandas(lambda p: p, 'k int, g int')",
        "return groups.select('k', 'g').groupBy('g').applyInPandas(lambda p: p, 'k int, g int')",
    ),
    "the keys of cogrouped frames": (
        "return groups.groupBy('k').cogroup(line.groupBy('k')).applyInPandas(lambda l, r: l, 'k int')",
        "return groups.groupBy('k').cogroup(line.groupBy('g')).applyInPandas(lambda l, r: l, 'k int')",
    ),
    "names of columns given to Python": (
        "return groups.select(F.col('k').alias('x'), F.col('g').alias('y')).mapInPandas(lambda p: p, 'x int')",
        "return groups.select(F.col('k').alias('y'), F.col('g').alias('x')).mapInPandas(lambda p: p, 'x int')",
    ),
    "names of columns in a view": (
        "groups.select(F.col('k').alias('x'), F.col('g').alias('y')).createOrReplaceTempView('v');"
        " return groups.sparkSession.sql('select x from v')",
        "groups.select(F.col('k').alias('y'), F.col('g').alias('x')).createOrReplaceTempView('v');"
        " return groups.sparkSession.sql('select x from v')",
    ),
    "names of all columns in JSON": (
        "return groups.select('k', F.col('g').alias('n')).select(F.to_json(F.struct('*')).alias('x'))",
        "return groups.select('k', F.col('g').alias('m')).select(F.to_json(F.struct('*')).alias('x'))",
    ),
    "names in text of a struct": (
        "return groups.select(F.to_json(F.struct(F.expr('k as n'))).alias('x'))",
        "return groups.select(F.to_json(F.struct(F.expr('k as m'))).alias('x'))",
    ),
    "the order of a rollup's keys": (
        "return groups.rollup('k', 'g').agg(F.count('*').alias('n'))",
        "return groups.rollup('g', 'k').agg(F.count('*').alias('n'))",
    ),
    "the order of a view before a limit in SQL": (
        "groups.orderBy('k').createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v limit 3')",
        "groups.orderBy('g').createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v limit 3')",
    ),
    "the order of a query before a limit": (
        "groups.createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v order by k').limit(3)",
        "groups.createOrReplaceTempView('v'); return groups.sparkSession.sql('select k from v order by g').limit(3)",
    ),
    "an order within partitions before a limit": (
        "return groups.orderBy('k').limit(3)",
        "return groups.sortWithinPartitions('k').limit(3)",
    ),
    "the seed of a sample": (
        "return groups.sample(0.5, seed=1)",
        "return groups.sample(0.5, seed=2)",
    ),
    "names of aggregates in a pivot": (
        "return groups.groupBy('g').pivot('a_str', ['a']).agg(F.sum('k').alias('x'), F.max('k').alias('y'))",
        "return groups.groupBy('g').pivot('a_str', ['a']).agg(F.sum('k').alias('y'), F.max('k').alias('x'))",
    ),
    "distinct rows counted": (
        "return groups.agg(F.count('*').alias('n'))",
        "return groups.agg(F.count_distinct(F.col('*')).alias('n'))",
    ),
    "fields of a struct": (
        "return groups.select(F.struct('a_i32', 'b_i32').alias('s'))",
        "return groups.select(F.struct('a_i32', F.col('b_i32').alias('x')).alias('s'))",
    ),
}


@pytest.fixture(scope="module")
def fingerprint() -> Iterator[Callable[[Callable[..., Any]], str]]:
    with open_session("sail") as session:
        yield lambda function: _fingerprint(function, session)


def _fingerprint(function: Callable[..., Any], session: SparkSession) -> str:
    facts = facts_for(function, session)
    names = [column.name for column in facts.schema]
    if len(set(names)) != len(names) or not names:
        raise ValueError("not a valid pipeline")
    return facts.fingerprint


def _with_body(body: str) -> Callable[..., Any]:
    lines = "".join(f"    {line}\n" for line in dedent(body).splitlines())
    names = dict(names_in_code())
    exec(compile(f"def function(groups, line):\n{lines}", "<generated>", "exec"), names)
    return names["function"]


def test_edits_that_keep_the_meaning_keep_the_fingerprint(
    fingerprint: Callable[[Callable[..., Any]], str],
) -> None:
    edits = [
        (name, code, dedent(form).format(code=code))
        for name, code in OPERATORS.items()
        for form in KEEPING
    ]
    changed = []
    known: dict[str, str] = {}
    for name, code, body in edits:
        before = known.get(name) or known.setdefault(name, fingerprint(function_of(code)))
        if fingerprint(_with_body(body)) != before:
            changed.append(f"{name}: {body}")
    assert changed == []
    assert len(edits) >= 200


def test_edits_that_change_the_meaning_change_the_fingerprint(
    fingerprint: Callable[[Callable[..., Any]], str],
) -> None:
    count, same = 0, []
    for name, code in OPERATORS.items():
        before = fingerprint(function_of(code))
        for edited in changing(code) if name not in _WITHOUT_MEANING else ():
            try:
                after = fingerprint(function_of(edited))
            except ValueError:
                continue
            count += 1
            if after == before:
                same.append(f"{name}: {edited}")
    assert same == []
    assert count >= 200


@pytest.mark.parametrize("name", SAME)
def test_same_meaning(name: str, fingerprint: Callable[[Callable[..., Any]], str]) -> None:
    one, other = SAME[name]
    assert fingerprint(_with_body(one)) == fingerprint(_with_body(other))


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_meaning(name: str, fingerprint: Callable[[Callable[..., Any]], str]) -> None:
    one, other = DIFFERENT[name]
    assert fingerprint(_with_body(one)) != fingerprint(_with_body(other))
