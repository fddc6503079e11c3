"""Projects about sales by day, with tables of any size."""

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

from benchmarks.measuring import Cost, run

PER_DAY = 100_000

_SETTINGS = '[project]\nname = "sales"\nmodules = ["pipelines"]\n'


@contextmanager
def project(pipelines: str, days: int) -> Iterator[Path]:
    """Yield a project with a module of pipelines, and so many landing files with the rows of a day."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "landing" / "in").mkdir(parents=True)
        (root / "alur.toml").write_text(_SETTINGS, encoding="utf-8")
        (root / "pipelines.py").write_text(pipelines, encoding="utf-8")
        for number in range(days):
            pq.write_table(day(number, PER_DAY), root / f"landing/in/{number:03}.parquet")
        yield root


def day(number: int, count: int, amount: float = 0.0) -> pa.Table:
    """Return rows of a day."""
    ids = np.arange(number * PER_DAY, number * PER_DAY + count)
    start = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=number)
    times = np.datetime64(start.replace(tzinfo=None), "us") + np.arange(count)
    return pa.table(
        {
            "id": ids,
            "at": pa.array(times).cast(pa.timestamp("us", "UTC")),
            "shop": [f"shop {n % 50}" for n in range(count)],
            "amount": ids / 7 + amount,
        }
    )


def alur(root: Path, *arguments: str) -> Cost:
    """Measure a command on this machine."""
    return run([Path(sys.executable).with_name("alur"), *arguments, "--env", "local"], root)
