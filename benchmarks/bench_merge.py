"""Measures a merge into a large table, against Spark's MERGE INTO of the same on the JVM.

It needs the folder with Iceberg's runtime for Spark that ``ALUR_SPARK_JARS`` names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from alur.runtime.engines.spark import java_home
from benchmarks.bench_writes import merges, table
from benchmarks.measuring import Row, run

_SCRIPT = Path(__file__).with_name("plain_merge.py")


def rows() -> Iterator[Row]:
    """Yield one row, or none without the jars: 1,000 rows of one day are merged into 10 million."""
    jars = os.environ.get("ALUR_SPARK_JARS")
    if not jars:
        return
    with table(100, ', partition_by=days("at")') as root:
        # The files of the days come before they are replaced by a change.
        files = root / "landing" / "in"
        command = [sys.executable, _SCRIPT, jars, root / "plain"]
        home = str(java_home())
        run([*command, "create", files], root, JAVA_HOME=home)
        ours = merges(root)
        theirs = run([*command, "merge", files], root, JAVA_HOME=home)
    yield Row(
        "merge 1,000 rows of a day into 10 million: alur / MERGE INTO on the JVM",
        ours.seconds,
        theirs.seconds,
        0.5,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )
