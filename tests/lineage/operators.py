"""Every operator of PySpark's frames in a small pipeline over ``groups`` and ``line``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyspark.sql import DataFrame

OPERATORS = {
    "select": "groups.select('a_i32', F.col('b_i32').alias('x'), (F.col('a_i64') + 1).alias('y'))",
    "star": "groups.select('*', F.upper('a_str').alias('x')).drop('a_str', 'g')",
    "regex": "groups.select(groups.colRegex('`a_i.*`'))",
    "select_expr": "groups.selectExpr('a_i32 + b_i32 AS x', 'coalesce(a_str, b_str) y', 'k')",
    "expr_over": "groups.select('k', F.expr('sum(a_i32) over (partition by g order by k) as x'))",
    "expr_lambda": "groups.select('k', F.expr('transform(array(a_i32), v -> v + b_i32) as x'))",
    "expr_case": "groups.select(F.expr(\"case a_str when 'a' then b_i32 else 0 end\").alias('x'))",
    "case": "groups.select(F.when(F.col('a_bool'), F.col('a_i32')).when(F.col('b_bool'), 1).otherwise(F.col('b_i32')).alias('x'))",
    "where": "groups.where((F.col('a_i32') > 2) & F.col('b_i32').isNotNull()).select('k')",
    "where_frame": "groups.where(groups['a_i32'] > groups.b_i32).select(groups.k)",
    "upper_case": "groups.select('A_I32').where('A_i32 > 3').withColumnRenamed('a_I32', 'X')",
    "with_columns": "groups.withColumns({'x': F.col('a_i32'), 'a_i32': F.lit(1)}).select('x', 'a_i32', 'k')",
    "replaced": "groups.withColumn('a_i32', F.col('a_i32') + F.col('b_i32')).select('a_i32', 'b_i32')",
    "swapped": "groups.select('a_i32', 'b_i32').toDF('b_i32', 'a_i32')",
    "renamed": "groups.withColumnsRenamed({'a_i32': 'x', 'b_i32': 'y'}).select('x', 'Y')",
    "drop_column": "groups.select('a_i32', 'b_i32').drop(F.col('a_i32'))",
    "join": "groups.join(line, groups.a_i32 == line.b_i32).select(groups.k, line.a_str)",
    "join_left": "groups.join(line, groups.a_i32 == line.b_i32, 'left').select(groups.k, line.a_str)",
    "join_using": "groups.select('g', 'a_str').join(line.select('g', 'a_i32'), 'g', 'full')",
    "join_right": "groups.select('g', 'a_str').join(line.select('g', 'a_i32'), 'g', 'right')",
    "join_semi": "groups.join(line, 'a_str', 'semi').select('k', 'a_str')",
    "join_anti": "groups.join(line, groups.a_str == line.b_str, 'anti').select('k')",
    "join_cross": "groups.select('a_i32').crossJoin(line.select('a_str'))",
    "join_self": "groups.alias('x').join(groups.alias('y'), F.col('x.k') == F.col('y.a_i32')).select('x.a_str', F.col('y.b_str').alias('z'))",
    "join_derived": "groups.join(groups.groupBy('g').agg(F.max('a_i32').alias('m')), 'g').select('k', 'm')",
    "union": "groups.select('k', 'a_i32').union(line.select('k', 'b_i32'))",
    "union_by_name": "groups.select('k', 'a_i32').unionByName(line.select('a_str', 'k'), allowMissingColumns=True)",
    "intersect": "groups.select('a_i32').intersect(line.select('b_i32'))",
    "except": "groups.select('a_str', 'g').exceptAll(line.select('b_str', 'g'))",
    "group": "groups.groupBy('g').agg(F.sum('a_i32').alias('s'), F.count('*').alias('n'))",
    "group_unnamed": "groups.where('a_i32 > 0').groupBy('g').sum('a_i32').where('`sum(a_i32)` > 3')",
    "group_all": "groups.agg(F.max('a_i32'), F.count('b_i32'))",
    "group_expression": "groups.groupBy(F.upper('a_str'), F.month('a_date').alias('m')).count()",
    "group_dict": "groups.groupBy('g').agg({'a_i32': 'max'})",
    "rollup": "groups.rollup('a_str', 'g').agg(F.sum('a_i32').alias('s'))",
    "cube": "groups.cube('a_bool', 'g').agg(F.count('*').alias('n'))",
    "pivot": "groups.groupBy('g').pivot('a_str', ['a', 'b']).agg(F.sum('a_i32'))",
    "distinct": "groups.select('a_bool', 'a_str').distinct()",
    "duplicates": "groups.select('a_bool', 'a_str').dropDuplicates(['a_bool', 'a_str'])",
    "order": "groups.orderBy('a_i32').select('k')",
    "limit": "groups.orderBy('a_i32', 'k').select('k').limit(7)",
    "limit_computed": "groups.withColumn('x', F.col('a_i32') * 100 + F.col('k')).orderBy('x').drop('x').limit(7).select('k')",
    "offset": "groups.orderBy('a_i32', 'k').offset(5).select('k')",
    "window": "groups.select('k', F.row_number().over(W.partitionBy('a_bool').orderBy('a_i32', 'k')).alias('n'))",
    "window_where": "groups.withColumn('n', F.row_number().over(W.partitionBy('g').orderBy('a_i32', 'k'))).where('n = 1').select('g', 'b_i32')",
    "lag": "groups.select('k', F.lag('a_i32').over(W.orderBy('k')).alias('x'))",
    "explode": "groups.select('k', F.explode(F.split('a_str', ',')).alias('x'))",
    "explode_text": "groups.select('k', F.expr(\"explode(filter(split(a_str, ','), v -> v > 'a')) as x\"))",
    "arrays_zip": "groups.select('k', F.arrays_zip(F.array('a_i32'), F.array('b_i32')).alias('x'))",
    "posexplode": "groups.select('k', F.posexplode(F.split('a_str', ',')))",
    "explode_with_column": "groups.withColumn('x', F.explode_outer(F.split('a_str', ','))).select('x', 'k')",
    "struct": "groups.select(F.struct('a_i32', F.col('a_str').alias('t')).alias('s')).select('s.t', F.col('s').getField('a_i32').alias('n'))",
    "struct_star": "groups.select(F.struct('a_i32', 'b_i32').alias('s')).select('s.*')",
    "map": "groups.select(F.create_map(F.lit('x'), 'a_i32').alias('m')).select(F.col('m')['x'].alias('v'))",
    "higher_order": "groups.select('k', F.aggregate(F.array('a_i32', 'b_i32'), F.lit(0), lambda s, v: s + F.coalesce(v, F.lit(0))).alias('x'))",
    "array_filter": "groups.select('k', F.filter(F.array('a_i32'), lambda v: v > F.col('b_i32')).alias('x'))",
    "unpivot": "groups.unpivot(['k'], ['a_i32', 'b_i32'], 'name', 'value')",
    "unpivot_all": "groups.select('k', 'a_i32', 'b_i32').melt('k', None, 'name', 'value')",
    "fillna": "groups.select('k', 'a_i32', 'b_i32').fillna(7, ['a_i32'])",
    "dropna": "groups.dropna(subset=['a_i32', 'b_str']).select('k')",
    "dropna_all": "groups.select('k', 'a_i32', 'b_str').dropna().select('k')",
    "replace": "groups.select('k', 'a_i32').replace(3, 4, ['a_i32'])",
    "hint": "groups.hint('broadcast').repartition(3, 'a_i32').coalesce(1).select('k', 'a_i32')",
    "alias": "groups.alias('o').where('o.a_i32 > 2').select('o.k', F.col('o.b_i32'))",
    "nested_frames": "groups.join(line.where(line.a_i32 > 3).select('k'), 'k').where(groups.b_i32 > 0).select('k', groups.a_str)",
    "decimal": "groups.select('k', (F.col('a_d12') / F.col('b_i32')).alias('x'))",
    "texts": "groups.select('k', F.concat_ws('-', F.lpad('a_str', 5, '0'), F.substring('b_str', 1, 2)).alias('x'))",
    "texts_compared": "groups.where(F.col('a_str').like('a%') | F.col('b_str').isin('a', 'b')).select('k', 'a_bool')",
    "greatest": "groups.select((F.greatest('a_i32', 'b_i32') * 2 + F.least('a_i32', 'g')).alias('x'), 'k')",
    "dates": "groups.select(F.datediff('a_date', 'b_date').alias('d'), F.date_trunc('month', 'a_ts').alias('t'))",
    "sort_within": "groups.sortWithinPartitions('a_i32').select('k')",
}
"""Pipelines by operator, as text."""

QUERIES = {
    "sql_where": "SELECT k, a_i32 + b_i32 AS x FROM groups WHERE a_str = 'a'",
    "sql_star": "SELECT * FROM (SELECT k, a_i32 FROM groups)",
    "sql_join": "SELECT g.k, l.a_str FROM groups g LEFT JOIN line l ON g.a_i32 = l.b_i32",
    "sql_group": "SELECT g, sum(a_i32) s FROM groups GROUP BY g HAVING max(b_i32) > 3",
    "sql_cte": "WITH c AS (SELECT g, max(a_i32) m FROM groups GROUP BY g) SELECT line.k, c.m FROM line JOIN c USING (g)",
    "sql_union": "SELECT a_i32 x FROM groups UNION SELECT b_i32 FROM line",
    "sql_union_all": "SELECT a_i32 x FROM groups UNION ALL SELECT b_i32 FROM line",
    "sql_except": "SELECT a_i32 x FROM groups EXCEPT SELECT b_i32 FROM line",
    "sql_window": "SELECT k, row_number() OVER (PARTITION BY g ORDER BY a_i32, k) n FROM groups",
    "sql_in": "SELECT k FROM groups WHERE a_i32 IN (SELECT b_i32 FROM line WHERE a_bool)",
    "sql_exists": "SELECT k FROM groups WHERE EXISTS (SELECT 1 FROM line WHERE line.a_i32 = groups.b_i32)",
    "sql_scalar": "SELECT k, (SELECT max(a_i32) FROM line WHERE a_bool) m FROM groups",
    "sql_case": "SELECT CASE WHEN a_bool THEN a_i32 ELSE b_i32 END x FROM groups",
    "sql_limit": "SELECT k FROM groups ORDER BY a_i32, k LIMIT 7",
    "sql_distinct": "SELECT DISTINCT a_bool, a_str FROM groups",
    "sql_lateral": "SELECT k, x FROM groups LATERAL VIEW explode(split(a_str, ',')) t AS x",
    "sql_named_window": "SELECT k, sum(a_i32) OVER w s FROM groups WINDOW w AS (PARTITION BY g ORDER BY b_i32, k)",
    "sql_offset": "SELECT k FROM groups ORDER BY a_i32, k OFFSET 5",
    "sql_offset_inside": "SELECT count(*) n, max(k) m FROM (SELECT k FROM groups ORDER BY a_i32, k OFFSET 5)",
    "sql_ordered_inside": "SELECT * FROM (SELECT k, a_str FROM groups ORDER BY a_i32, k) LIMIT 7",
    "sql_union_limit": "SELECT k, a_i32 x FROM groups UNION ALL SELECT k, b_i32 FROM line ORDER BY x, k LIMIT 9",
    "sql_natural": "SELECT groups.k, x FROM groups NATURAL JOIN (SELECT g, a_str, max(b_i32) x FROM line GROUP BY g, a_str)",
    "sql_semi": "SELECT k FROM groups LEFT SEMI JOIN line USING (a_str)",
    "sql_group_by_number": "SELECT a_str, max(a_i32) x FROM groups GROUP BY 1",
    "sql_filter": "SELECT g, sum(a_i32) FILTER (WHERE b_i32 > 3) s FROM groups GROUP BY g",
    "sql_explode": "SELECT k, explode(split(a_str, ',')) x FROM groups",
    "sql_lateral_outer": "SELECT k, x FROM groups LATERAL VIEW OUTER explode(split(a_str, ',')) t AS x",
    "sql_rank": "SELECT k FROM (SELECT k, row_number() OVER (PARTITION BY a_str ORDER BY a_i32, k) n FROM groups) WHERE n = 1",
    "sql_lambda": "SELECT k, transform(array(a_i32), v -> v + b_i32) x FROM groups",
}
"""Queries with ``spark.sql`` on views of both sources."""


def _upper(frames: Any) -> Iterator[Any]:
    for frame in frames:
        yield frame.assign(x=frame["a_str"].fillna("").str.upper())[["k", "x"]]


def _largest(frame: Any) -> Any:
    return frame.nlargest(1, "k")[["g", "k"]]


def functions() -> dict[str, Callable[..., DataFrame]]:
    """Return pipelines as Python functions."""
    from pyspark.sql.connect import functions as F

    def added(left: int | None, right: int | None) -> int | None:
        return None if left is None or right is None else left + right

    def python_function(groups: Any, line: Any) -> DataFrame:
        return groups.select("k", F.udf(added, "int")("a_i32", "b_i32").alias("x"))

    def map_in_pandas(groups: Any, line: Any) -> DataFrame:
        return groups.select("k", "a_str").mapInPandas(_upper, "k int, x string")

    def apply_in_pandas(groups: Any, line: Any) -> DataFrame:
        return groups.select("k", "g").groupBy("g").applyInPandas(_largest, "g int, k int")

    def cogrouped(groups: Any, line: Any) -> DataFrame:
        pair = groups.select("k", "g").groupBy("g").cogroup(line.select("k", "g").groupBy("g"))
        return pair.applyInPandas(lambda left, _: _largest(left), "g int, k int")

    def limit_of_query(groups: Any, line: Any) -> DataFrame:
        return _query("SELECT k FROM groups ORDER BY a_i32, k")(groups, line).limit(7)

    def view(groups: Any, line: Any) -> DataFrame:
        groups.where("a_i32 > 1").createOrReplaceTempView("positive")
        return groups.sparkSession.table("positive").select("k", "a_str")

    def own_rows(groups: Any, line: Any) -> DataFrame:
        rates = groups.sparkSession.createDataFrame([("a", 2), ("b", 3)], "a_str string, rate int")
        return groups.join(rates, "a_str").select("k", (F.col("a_i32") * F.col("rate")).alias("x"))

    return {
        function.__name__: function
        for function in (
            python_function,
            map_in_pandas,
            apply_in_pandas,
            cogrouped,
            limit_of_query,
            view,
            own_rows,
        )
    } | {name: _query(text) for name, text in QUERIES.items()}


def _query(text: str) -> Callable[..., DataFrame]:
    def query(groups: Any, line: Any) -> DataFrame:
        groups.createOrReplaceTempView("groups")
        line.createOrReplaceTempView("line")
        return groups.sparkSession.sql(text)

    return query
