"""The example in DuckDB: the same tables as Parquet, with the same checks. ``python plain_duckdb.py LANDING WAREHOUSE``."""

import sys
from pathlib import Path

import duckdb

_COLUMNS = {
    "order_id": "varchar",
    "customer_id": "bigint",
    "created_at": "timestamptz",
    "quantity": "bigint",
    "amount": "decimal(12,2)",
}
_SUMS = "count(order_id) as total_orders, sum(amount) as revenue, count(distinct customer_id) as customers"


def main(landing: Path, warehouse: Path) -> None:
    """Write the example's tables."""
    warehouse.mkdir(parents=True)
    database = duckdb.connect()
    database.execute("set timezone = 'UTC'")
    database.execute("set preserve_insertion_order = false")

    def store(
        name: str, query: str, key: str = "", broken: str = "false", by_month: bool = False
    ) -> None:
        target = warehouse / name
        options = "format parquet, compression zstd" + (
            ", partition_by (month)" if by_month else ""
        )
        database.execute(f"copy ({query}) to '{target}' ({options})")
        files = f"{target}/**/*.parquet" if by_month else f"{target}"
        database.execute(f"create view {name} as from read_parquet('{files}')")
        columns = [row[0] for row in database.execute(f"describe {name}").fetchall()]
        counts = [f"count_if({broken})", f"count(*) - count(distinct {key})" if key else "0"]
        counts += [f"count_if({column} is null)" for column in columns]
        problems = database.execute(f"select {', '.join(counts)} from {name}").fetchone()
        if any(problems or ()):
            sys.exit(f"{name}: {problems}")

    read = f"read_csv('{landing}/*.csv', header = true, filename = '_source_file', columns = {_COLUMNS})"
    store("bronze", f"select *, now() as _ingested_at from {read}")
    store(
        "silver",
        "select order_id, customer_id, created_at, quantity, amount, strftime(created_at, '%Y-%m') as month "
        "from bronze where amount <> 0 qualify row_number() over "
        "(partition by customer_id, created_at, quantity, amount order by order_id) = 1",
        "order_id",
        "not regexp_matches(order_id, '^CD[0-9]{6,9}$') or customer_id < 1 or quantity < 1 or amount <= 0",
        by_month=True,
    )
    store(
        "customers",
        "select customer_id, min(created_at) as first_order_at, "
        "date_trunc('month', min(created_at)) as cohort_month from silver group by all",
        "customer_id",
    )
    store(
        "daily",
        f"select created_at::date as report_date, {_SUMS} from silver group by all",
        "report_date",
        "total_orders < 1",
    )
    store(
        "cohorts",
        f"select cohort_month, datediff('month', cohort_month, created_at) as months_since, {_SUMS} "
        "from silver join customers using (customer_id) group by all",
        "(cohort_month, months_since)",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
