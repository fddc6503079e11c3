"""Measures the lineage of generated projects: new, and unchanged since the last time; and their site."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.generated import write_project
from benchmarks.measuring import Row

_RETURNED = (
    "rows.where('quantity > 0').withColumn('price', F.col('price') * F.col('quantity'))"
    ".groupBy('id').agg(F.sum('quantity').alias('quantity'), F.sum('price').alias('price'),"
    " F.max('note').alias('note'))"
)
_FACTS = """
from time import process_time
from alur.project.project import Project
from alur.runtime.plan_facts import project_facts
project = Project.load()
began = process_time()
facts = project_facts(project)
assert len(facts) == len(project.pipelines) and not any(f.caveats for f in facts.values())
print(process_time() - began)
"""
_SITE = """
from time import process_time
from alur.operations.documenting import document
from alur.project.project import Project
project = Project.load()
began = process_time()
document(project)
print(process_time() - began)
"""


def rows() -> Iterator[Row]:
    """Yield the seconds of CPU beyond loading the project, at first and then with the kept facts."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (100, 1_000):
            project = write_project(Path(folder) / str(count), count, _RETURNED)
            cold = _seconds(project, _FACTS)
            warm = sorted(_seconds(project, _FACTS) for _ in range(3))[1]
            site = _seconds(project, _SITE)
            name = f"lineage of {count:,} pipelines"
            yield Row(f"{name}, new (s)", cold, None, 1 + 0.01 * count, "seconds")
            yield Row(f"{name}, unchanged (s)", warm, None, 1.0, "seconds")
            text = f"site of {count:,} tables, lineage unchanged (s)"
            yield Row(text, site, None, 2 + 0.005 * count, "seconds")


def _seconds(project: Path, script: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, check=True, capture_output=True, text=True
    )
    return float(done.stdout)
