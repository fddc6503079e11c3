"""Measures the example's whole graph in a cold process, against the same in plain PySpark on JVM Spark."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from alur.runtime.engines.spark import java_home
from benchmarks.example import fresh_example, run_all
from benchmarks.measuring import Row, cpu_row, median, run

_ROOT = Path(__file__).parents[1]
_RUNS = 3


def rows() -> Iterator[Row]:
    """Yield the time and the CPU time of ``alur run --all --env local`` on fresh tables, with checks and commits."""
    alur, plain = [], []
    for _ in range(_RUNS):
        with fresh_example() as example:
            alur.append(run_all(example))
            script = [sys.executable, _ROOT / "benchmarks" / "plain_pyspark.py"]
            arguments = [example / "landing" / "orders", example.parent / "plain"]
            plain.append(run([*script, *arguments], example, JAVA_HOME=str(java_home())))
    ours, theirs = median(alur), median(plain)
    name = "the example, whole graph, cold: alur / plain PySpark on the JVM"
    yield Row(
        name,
        ours.seconds,
        theirs.seconds,
        0.3,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )
    yield cpu_row(name, ours, theirs, 0.2)
