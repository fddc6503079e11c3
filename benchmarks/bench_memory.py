"""Measures the peak memory of 30 million rows on their way from files to a gold table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Row
from benchmarks.sales import alur, project

_LIMIT = 3e9

_PIPELINES = """\
from datetime import date, datetime

from pyspark.sql import functions as F

from alur import BronzeTable, GoldTable, SilverTable, days, files
from alur.decorators import pipeline


class Raw(BronzeTable):
    id: int
    at: datetime
    shop: str
    amount: float


class Sales(SilverTable, key="id", partition_by=days("at")):
    id: int
    at: datetime
    shop: str
    amount: float


class Daily(GoldTable, key=("day", "shop")):
    day: date
    shop: str
    sales: int
    amount: float


@pipeline(
    sources={"rows": files("in/*.parquet", schema=Raw, format="parquet")},
    target=Raw,
    mode="append",
)
def load(rows):
    return rows


@pipeline(sources={"rows": Raw}, target=Sales)
def clean(rows):
    return rows.select("id", "at", "shop", "amount")


@pipeline(sources={"sales": Sales}, target=Daily)
def daily(sales):
    by_day = sales.groupBy(F.to_date("at").alias("day"), "shop")
    return by_day.agg(F.count("id").alias("sales"), F.sum("amount").alias("amount"))
"""


def rows() -> Iterator[Row]:
    """Yield one row: the peak against 3 GB."""
    with project(_PIPELINES, days=300) as root:
        cost = alur(root, "run", "--all")
    peak = cost.peak_mib * 2**20
    yield Row(
        f"30 million rows, bronze to gold ({cost.seconds:.0f} s): peak / 3 GB",
        peak,
        _LIMIT,
        1.0,
        in_bytes=True,
    )
