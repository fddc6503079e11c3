"""Measures ``alur plan`` of a generated project whose tables exist, on this machine: Terraform has no part in it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.generated import write_project
from benchmarks.measuring import Row

_ALUR = Path(sys.executable).with_name("alur")

_PIPELINES = 1_000
_LAYERS = ("bronze", "silver", "silver", "gold", "gold")
_TABLES = """CREATE TABLE iceberg_tables (
    catalog_name TEXT, table_namespace TEXT, table_name TEXT, metadata_location TEXT
)"""


def rows() -> Iterator[Row]:
    """Yield the seconds of a plan with the facts of unchanged pipelines in their file."""
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder) / "project", _PIPELINES)
        _write_tables(project / ".alur" / "warehouse")
        _planned(project)
        seconds = sorted(_planned(project) for _ in range(3))[1]
        yield Row(f"plan of {_PIPELINES:,} pipelines (s)", seconds, None, 5.0, "seconds")


def _planned(project: Path) -> float:
    """Return the seconds of a plan, which must find every pipeline changed: nobody knows what their runs meant."""
    began = time.perf_counter()
    done = subprocess.run(
        [_ALUR, "plan", "--env", "local", "--json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    assert done.returncode == 2, done.stderr
    assert len(json.loads(done.stdout)["pipelines"]) == _PIPELINES
    return seconds


def _write_tables(warehouse: Path) -> None:
    """Write the metadata of each table, and the catalog that lists them."""
    warehouse.mkdir(parents=True)
    with closing(sqlite3.connect(warehouse / "catalog.db")) as catalog:
        catalog.execute(_TABLES)
        for number in range(_PIPELINES):
            layer, table = _LAYERS[number % 5], f"table{number}"
            path = warehouse / layer / table / "metadata" / "00000-a.metadata.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(_metadata(path.parents[1], layer, number)))
            entry = ("alur", layer, table, f"file://{path}")
            catalog.execute("INSERT INTO iceberg_tables VALUES (?, ?, ?, ?)", entry)
        catalog.commit()


def _metadata(folder: Path, layer: str, number: int) -> dict[str, object]:
    """Return the metadata of a table with one snapshot, as a run leaves it."""
    columns = [("id", "string"), ("quantity", "long"), ("price", "double"), ("note", "string")]
    if layer == "bronze":
        columns += [
            ("_ingested_at", "timestamptz"),
            ("_source_file", "string"),
            ("_run_id", "string"),
        ]
    fields = [
        {"id": n, "name": name, "type": kind, "required": name not in ("note", "_source_file")}
        for n, (name, kind) in enumerate(columns, 1)
    ]
    summary = {
        "operation": "append",
        "total-records": "1000",
        "total-files-size": "100000",
        "alur.run-id": "1",
        "alur.pipeline": f"make_table{number}",
        "alur.code-version": "earlier",
        "alur.plan": "0" * 16,
    }
    snapshot = {"snapshot-id": 1, "timestamp-ms": 1, "schema-id": 0, "summary": summary}
    return {
        "location": f"file://{folder}",
        "schemas": [{"schema-id": 0, "fields": fields}],
        "current-schema-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": []}],
        "default-spec-id": 0,
        "current-snapshot-id": 1,
        "snapshots": [snapshot],
    }
