"""Measures runs that change little of a large table, against the same change of a table of a tenth."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import Cost, Row, median, run

_PER_DAY = 100_000
_CHANGED = 1_000
_RUNS = 3

_PROJECT = {
    "alur.toml": '[project]\nname = "writes"\nmodules = ["pipelines"]\n',
    "pipelines.py": """\
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
""",
}


def rows() -> Iterator[Row]:
    """Yield rows of time and of bytes: 1,000 rows of one day are merged into 10 million rows, and into 1 million."""
    for name, partitioned, bound, bytes_bound in (
        ("partitioned by day", ', partition_by=days("at")', 1.3, 1.1),
        # Its keys lie in one file or two of about a million rows, however many there are.
        ("clustered by key, not partitioned", "", 1.5, None),
    ):
        with _table(100, partitioned) as large, _table(10, partitioned) as small:
            many, few = _merges(large), _merges(small)
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
def _table(days: int, partitioned: str) -> Iterator[Path]:
    """Yield a project whose table has so many days of rows."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "landing" / "in").mkdir(parents=True)
        for path, content in _PROJECT.items():
            text = content.format(partitioned=partitioned) if path.endswith(".py") else content
            (root / path).write_text(text, encoding="utf-8")
        for day in range(days):
            pq.write_table(_day(day, _PER_DAY), root / f"landing/in/{day:03}.parquet")
        _alur(root, "run", "--all")
        yield root


def _day(day: int, count: int, amount: float = 0.0) -> pa.Table:
    ids = np.arange(day * _PER_DAY, day * _PER_DAY + count)
    start = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=day)
    times = np.datetime64(start.replace(tzinfo=None), "us") + np.arange(count)
    return pa.table(
        {
            "id": ids,
            "at": pa.array(times).cast(pa.timestamp("us", "UTC")),
            "shop": [f"shop {n % 50}" for n in range(count)],
            "amount": ids / 7 + amount,
        }
    )


def _merges(root: Path) -> Cost:
    """Return the cost of a run that merges changed rows of the first day."""
    for path in (root / "landing" / "in").iterdir():
        path.unlink()
    costs = []
    for number in range(_RUNS):
        pq.write_table(_day(0, _CHANGED, amount=number + 1.5), root / "landing/in/change.parquet")
        _alur(root, "run", "load")
        costs.append(_alur(root, "run", "merge"))
    return median(costs)


def _alur(root: Path, *arguments: str) -> Cost:
    return run([Path(sys.executable).with_name("alur"), *arguments, "--env", "local"], root)


def _bytes_of_latest_commit(root: Path) -> int:
    from pyiceberg.catalog.sql import SqlCatalog

    warehouse = root / ".alur" / "warehouse"
    catalog = SqlCatalog("alur", uri=f"sqlite:///{warehouse}/catalog.db")
    snapshot = catalog.load_table(("silver", "sales")).current_snapshot()
    assert snapshot is not None
    assert snapshot.summary is not None
    return int(snapshot.summary["added-files-size"] or 0)
