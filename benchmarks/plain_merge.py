"""A merge without Alur: Spark's MERGE INTO, on the JVM.

``python plain_merge.py JARS WAREHOUSE create|merge FILES`` writes a table, or merges rows into it.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession


def main(jars: Path, warehouse: Path, action: str, files: Path) -> None:
    """Create the table of sales with the rows of Parquet files, or merge their rows into it."""
    catalog = "spark.sql.catalog.plain"
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.jars", ",".join(sorted(map(str, jars.glob("*.jar")))))
        .config("spark.driver.memory", "2g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config(
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        )
        .config(catalog, "org.apache.iceberg.spark.SparkCatalog")
        .config(f"{catalog}.type", "hadoop")
        .config(f"{catalog}.warehouse", f"file:{warehouse}")
        .getOrCreate()
    )
    rows = spark.read.parquet(str(files))
    if action == "create":
        rows.createOrReplaceTempView("rows")
        spark.sql(
            "CREATE TABLE plain.s.sales USING iceberg PARTITIONED BY (days(at)) AS TABLE rows"
        )
    else:
        rows.createOrReplaceTempView("rows")
        spark.sql(
            "MERGE INTO plain.s.sales AS t USING rows AS r ON t.id = r.id AND t.at = r.at "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
