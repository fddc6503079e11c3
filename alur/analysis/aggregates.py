"""The names of Spark's aggregate functions.

https://spark.apache.org/docs/3.5.6/sql-ref-functions-builtin.html#aggregate-functions
"""

from __future__ import annotations

from collections.abc import Sequence

from alur.analysis.values import Value

_NAMES = """
any any_value approx_count_distinct approx_percentile array_agg avg bit_and bit_or bit_xor bool_and bool_or
collect_list collect_set corr count count_if count_min_sketch covar_pop covar_samp every first first_value
grouping grouping_id histogram_numeric hll_sketch_agg hll_union_agg kurtosis last last_value max max_by mean
median min min_by mode percentile percentile_approx product regr_avgx regr_avgy regr_count regr_intercept
regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness some std stddev stddev_pop stddev_samp sum try_avg
try_sum var_pop var_samp variance bitmap_construct_agg bitmap_or_agg
"""
AGGREGATES = frozenset(_NAMES.split())

_NAMED_BY_CALL = frozenset({"avg", "count", "max", "min", "sum"})
"""Aggregates whose result over a plain column is called ``sum(amount)`` by default."""


def function_subject(name: str, is_distinct: bool = False) -> str:
    """Return a function's name in certificates.

    >>> function_subject("upper"), function_subject("count", is_distinct=True)
    ('upper', 'agg count distinct')
    """
    if name not in AGGREGATES:
        return name
    return f"agg {name} distinct" if is_distinct else f"agg {name}"


def call_name(name: str, values: Sequence[Value], is_distinct: bool) -> str | None:
    """Return Spark's name for the result of an aggregate over a plain column."""
    if name not in _NAMED_BY_CALL or is_distinct or len(values) != 1 or values[0].column is None:
        return None
    return f"{name}({values[0].name})"
