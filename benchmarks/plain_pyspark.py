"""The example without Alur: the same tables as Parquet, with the same checks.

``python plain_pyspark.py LANDING WAREHOUSE [sail]`` runs on JVM Spark, or on Sail.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

SCHEMA = (
    "order_id string, customer_id bigint, created_at timestamp, "
    "quantity bigint, amount decimal(12,2)"
)


def main(landing: Path, warehouse: Path, engine: str = "spark") -> None:
    """Write the example's tables."""
    with on_sail() if engine == "sail" else on_the_jvm() as spark:
        write_tables(spark, landing, warehouse, engine)


def write_tables(spark: SparkSession, landing: Path, warehouse: Path, engine: str) -> None:
    """Write the example's tables in a session."""
    # Sail has no input_file_name, and fails on a bad line by itself.
    file = F.lit("file") if engine == "sail" else F.input_file_name()
    options = {} if engine == "sail" else {"mode": "FAILFAST"}
    reader = spark.read.schema(SCHEMA).options(header=True, **options)
    raw = reader.csv(str(landing / "*.csv")).withColumn("_source_file", file)
    orders = store(raw, warehouse / "bronze" / "orders")

    repeats = Window.partitionBy("customer_id", "created_at", "quantity", "amount")
    occurrence = F.row_number().over(repeats.orderBy("order_id"))
    clean = orders.filter("amount <> 0").withColumn("occurrence", occurrence)
    clean = clean.filter("occurrence = 1").drop("occurrence", "_source_file")
    clean = clean.withColumn("month", F.date_format("created_at", "yyyy-MM"))
    silver = store(
        clean,
        warehouse / "silver" / "orders",
        "month",
        key="order_id",
        broken="not order_id rlike '^CD[0-9]{6,9}$' or customer_id < 1 or quantity < 1 or amount <= 0",
    )

    first = silver.groupBy("customer_id").agg(F.min("created_at").alias("first_order_at"))
    month = F.to_date(F.date_trunc("month", "first_order_at"))
    customers = store(
        first.withColumn("cohort_month", month),
        warehouse / "silver" / "customers",
        key="customer_id",
    )

    sums = (
        F.count("order_id").alias("total_orders"),
        F.sum("amount").alias("total_revenue"),
        F.countDistinct("customer_id").alias("customers"),
    )
    daily = silver.withColumn("report_date", F.to_date("created_at"))
    daily = daily.groupBy("report_date").agg(*sums)
    store(daily, warehouse / "gold" / "daily", key="report_date", broken="total_orders < 1")

    joined = silver.join(customers, "customer_id").withColumn(
        "months_since",
        (F.year("created_at") - F.year("cohort_month")) * 12
        + (F.month("created_at") - F.month("cohort_month")),
    )
    cohorts = joined.groupBy("cohort_month", "months_since").agg(*sums)
    store(cohorts, warehouse / "gold" / "cohorts", key="cohort_month, months_since")


@contextmanager
def on_the_jvm() -> Iterator[SparkSession]:
    """Yield a session on JVM Spark."""
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def on_sail() -> Iterator[SparkSession]:
    """Yield a session on Sail within this process; the server ends with its last reference."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    try:
        yield spark
    finally:
        spark.stop()
        server.stop()


def store(
    rows: DataFrame,
    folder: Path,
    partition: str | None = None,
    key: str | None = None,
    broken: str = "false",
) -> DataFrame:
    """Write a table, and check it as its contract would."""
    writer = rows.write.mode("overwrite")
    (writer.partitionBy(partition) if partition else writer).parquet(str(folder))
    written = rows.sparkSession.read.parquet(str(folder))
    required = [f"count_if({name} is null)" for name in written.columns if name != "_source_file"]
    distinct = f"count(1) - count(distinct {key})" if key else "0"
    problems = written.selectExpr(f"count_if({broken})", distinct, *required).collect()[0]
    if any(problems):
        sys.exit(f"{folder}: {problems}")
    return written


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
