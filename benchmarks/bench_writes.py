"""Measures runs that change little of a large table, against the same change of a table of a tenth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.measuring import Cost, Row, median
from benchmarks.sales import alur, day, project

_CHANGED = 1_000
_RUNS = 3

PIPELINES = """\
from datetime import datetime

from alur import BronzeTable, SilverTable, days, files
from alur.decorators import pipeline


class Raw(BronzeTable):
    id: int
    at: datetime
    shop: str
    amount: float


class Sales(SilverTable, key="id"{partitioned}):
    id: int
    at: datetime
    shop: str
    amount: float


@pipeline(sources={{"rows": files("in/*.parquet", schema=Raw, format="parquet")}}, target=Raw)
def load(rows):
    return rows


@pipeline(sources={{"rows": Raw}}, target=Sales, mode="merge")
def merge(rows):
    return rows.select("id", "at", "shop", "amount")
"""


def rows() -> Iterator[Row]:
    """Yield rows of time and of bytes: 1,000 rows of one day are merged into 10 million rows, and into 1 million."""
    for name, partitioned, bound, bytes_bound in (
        ("partitioned by day", ', partition_by=days("at")', 1.3, 1.1),
        # Its keys lie in one file or two of about a million rows, however many there are.
        ("clustered by key, not partitioned", "", 1.5, None),
    ):
        with table(100, partitioned) as large, table(10, partitioned) as small:
            many, few = merges(large), merges(small)
            written = _bytes_of_latest_commit(large), _bytes_of_latest_commit(small)
        what = f"merge 1,000 rows, {name}: 10 million / 1 million"
        yield Row(
            what,
            many.seconds,
            few.seconds,
            bound,
            peak_mib=many.peak_mib,
            yardstick_peak_mib=few.peak_mib,
        )
        yield Row(f"  bytes written, {name}", *written, bytes_bound, in_bytes=True)


@contextmanager
def table(days: int, partitioned: str) -> Iterator[Path]:
    """Yield a project whose table has so many days of rows."""
    with project(PIPELINES.format(partitioned=partitioned), days) as root:
        alur(root, "run", "--all")
        yield root


def merges(root: Path) -> Cost:
    """Return the cost of a run that merges changed rows of the first day."""
    for path in (root / "landing" / "in").iterdir():
        path.unlink()
    costs = []
    for number in range(_RUNS):
        pq.write_table(day(0, _CHANGED, amount=number + 1.5), root / "landing/in/change.parquet")
        alur(root, "run", "load")
        costs.append(alur(root, "run", "merge"))
    return median(costs)


def _bytes_of_latest_commit(root: Path) -> int:
    from pyiceberg.catalog.sql import SqlCatalog

    warehouse = root / ".alur" / "warehouse"
    catalog = SqlCatalog("alur", uri=f"sqlite:///{warehouse}/catalog.db")
    snapshot = catalog.load_table(("silver", "sales")).current_snapshot()
    assert snapshot is not None
    assert snapshot.summary is not None
    return int(snapshot.summary["added-files-size"] or 0)
