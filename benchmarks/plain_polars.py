"""The example in Polars: the same tables as Parquet, with the same checks. ``python plain_polars.py LANDING WAREHOUSE``."""

import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars import col

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "order_id": pl.String,
    "customer_id": pl.Int64,
    "created_at": pl.String,
    "quantity": pl.Int64,
    "amount": pl.Decimal(12, 2),
}
_SUMS = {
    "total_orders": pl.len(),
    "revenue": col("amount").sum(),
    "customers": col("customer_id").n_unique(),
}


def main(landing: Path, warehouse: Path) -> None:
    """Write the example's tables."""
    warehouse.mkdir(parents=True)

    def store(
        name: str, rows: pl.DataFrame, key: Sequence[str] = (), broken: pl.Expr | None = None
    ) -> pl.DataFrame:
        path = warehouse / f"{name}.parquet"
        rows.write_parquet(path, compression="zstd")
        written = pl.read_parquet(path)
        problems = [*written.null_count().row(0)]
        if key:
            problems.append(written.height - written.select(key).n_unique())
        if broken is not None:
            problems.append(written.select(broken.sum()).item())
        if any(problems):
            sys.exit(f"{name}: {problems}")
        return written

    raw = pl.scan_csv(f"{landing}/*.csv", schema=_SCHEMA, include_file_paths="_source_file")
    instant = col("created_at").str.to_datetime(time_unit="us", time_zone="UTC")
    bronze = store("bronze", raw.with_columns(instant).collect())
    repeated = ["customer_id", "created_at", "quantity", "amount"]
    silver = bronze.filter(col("amount") != 0).sort("order_id").drop("_source_file")
    silver = store(
        "silver",
        silver.unique(repeated, keep="first").with_columns(
            month=col("created_at").dt.strftime("%Y-%m")
        ),
        ["order_id"],
        ~col("order_id").str.contains(r"^CD[0-9]{6,9}$")
        | (col("customer_id") < 1)
        | (col("quantity") < 1)
        | (col("amount") <= 0),
    )
    first = silver.group_by("customer_id").agg(first_order_at=col("created_at").min())
    month = col("first_order_at").dt.truncate("1mo")
    customers = store("customers", first.with_columns(cohort_month=month), ["customer_id"])
    day = col("created_at").dt.date()
    store("daily", silver.group_by(report_date=day).agg(**_SUMS), ["report_date"])
    months_since = _months("created_at") - _months("cohort_month")
    placed = silver.join(customers, on="customer_id").with_columns(months_since=months_since)
    cohort = ["cohort_month", "months_since"]
    store("cohorts", placed.group_by(cohort).agg(**_SUMS), cohort)


def _months(name: str) -> pl.Expr:
    instant = col(name).dt
    return instant.year() * 12 + instant.month().cast(pl.Int32)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
