"""Measures the cost of the guard, and of runs on Spark for uncertified pipelines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from alur.analysis.guard import Guard
from alur.analysis.type_texts import parsed_schema
from alur.runtime.engines.engine import another_session, open_session
from alur.runtime.engines.spark import java_home
from benchmarks.example import fresh_example, run_all
from benchmarks.measuring import Cost, Row, median

_PIPELINES = 1000
_RUNS = 3
_ORDERS = "order_id string, customer_id bigint, created_at timestamp, quantity bigint, amount decimal(12,2)"
_CERTIFIED = '        F.countDistinct("customer_id").alias("unique_customers"))'
_UNCERTIFIED = (
    '        F.count_distinct("customer_id").alias("unique_customers")'
    ').withColumn("total_revenue", F.col("total_revenue") / F.col("total_orders") * F.col("total_orders"))'
)


def rows() -> Iterator[Row]:
    """Yield the guard's time for plans as large as the example's, and a run with one pipeline of five on Spark."""
    yield Row(f"the guard, {_PIPELINES:,} pipelines (s)", _guard_seconds(), None, 3.0)
    auto, spark = [], []
    for _ in range(_RUNS):
        auto.append(_run("auto"))
        spark.append(_run("spark"))
    ours, theirs = median(auto), median(spark)
    yield Row(
        "one uncertified pipeline of five: auto / all on Spark",
        ours.seconds,
        theirs.seconds,
        1.3,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )


def _guard_seconds() -> float:
    with open_session("sail") as opened, another_session(opened) as session:
        orders: Any = session.createDataFrame([], parsed_schema(_ORDERS))
        plans = [_plan(orders, n) for n in range(_PIPELINES)]
        sources = {orders._plan._plan_id: orders.schema}
        began = time.perf_counter()
        for plan in plans:
            Guard(sources).read(plan)
        return time.perf_counter() - began


def _plan(orders: Any, number: int) -> Any:
    """Return the plan of a pipeline of the example's size."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    repeats = Window.partitionBy("customer_id", "created_at").orderBy("order_id")
    frame = (
        orders.filter(F.col("amount") > number)
        .withColumn("occurrence", F.row_number().over(repeats))
        .filter("occurrence = 1")
        .withColumn("month", F.to_date(F.date_trunc("month", "created_at")))
        .groupBy("month")
        .agg(F.count("order_id").alias("orders"), F.sum("amount").alias("revenue"))
    )
    return frame._plan.to_proto(frame.sparkSession.client).root


def _run(engine: str) -> Cost:
    with fresh_example() as example:
        module = example / "pipelines" / "scheduled_metrics.py"
        text = module.read_text()
        assert _CERTIFIED in text
        module.write_text(text.replace(_CERTIFIED, _UNCERTIFIED))
        return run_all(example, ALUR_ENGINE=engine, JAVA_HOME=str(java_home()))
