"""Jobs on Spark's JVM keep their tables small: all rows stay, and so does what has a name or may still be read."""

import json
import os
import time
from pathlib import Path

import pytest

from alur.errors import SourceError
from alur.runtime.tables.maintenance_thresholds import FILES_BETWEEN_COMPACTIONS
from alur.runtime.tables.snapshot_files import snapshots_of_run
from tests.glue_worker import metadata_file
from tests.spark_project import needs_iceberg_for_spark

pytestmark = needs_iceberg_for_spark
KEEP = '[project]\nname = "shop"\n[defaults]\nkeep = "1 hour"\n'
CONTRACTS = "class Total(GoldTable):\n    n: int\n"
RAW_TOTAL = CONTRACTS.replace("Gold", "Bronze")
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Total)}, target=Total)
def load(rows):
    return rows
"""


@pytest.fixture
def project(spark_project):
    return spark_project.write({"alur.toml": KEEP}).declare(CONTRACTS, PIPELINES)


def run(project, n):
    """Replace the table's row; return the run's notices."""
    project.land("total.csv", f"n\n{n}\n")
    return project.run().all_succeeded()


def folder(project):
    layer = project.contract("total").layer
    return project.jobs.folder / f"{project.databases}_{layer}" / "total"


def age(project, hours, tag):
    """Make all commits older, and give the first one's snapshot a tag, as another program's commit."""
    path = metadata_file(folder(project))
    metadata = json.loads(path.read_bytes())
    for entry in (*metadata["snapshots"], *metadata["snapshot-log"]):
        entry["timestamp-ms"] -= hours * 3_600_000
    first = metadata["snapshots"][0]["snapshot-id"]
    metadata["refs"][tag] = {"snapshot-id": first, "type": "tag"}
    version = int(path.name.removeprefix("v").partition(".")[0]) + 1
    path.with_name(f"v{version}.metadata.json").write_text(json.dumps(metadata))
    path.with_name("version-hint.text").write_text(f"{version}")


def rows(table):
    """Return the rows of every snapshot, in the order of the commits."""
    snapshots = sorted(table.metadata.snapshots, key=lambda one: one.sequence_number)
    scans = (table.scan(snapshot_id=one.snapshot_id) for one in snapshots)
    return [sorted(scan.to_arrow()["n"].to_pylist()) for scan in scans]


def data_files(project):
    return {path.name for path in (folder(project) / "data").rglob("*.parquet")}


def test_old_snapshots_go_with_their_files_and_tags_stay(project):
    for n in range(4):
        run(project, n)
    age(project, 24, "audit")
    run(project, 4)
    # The oldest was replaced a day ago: an expiry is due an hour later.
    assert rows(project.table("total")) == [[0], [1], [2], [3], [4]]
    age(project, 2, "audit")
    run(project, 5)
    table = project.table("total")
    assert rows(table) == [[0], [4], [5]]
    assert set(table.metadata.refs) == {"main", "audit"}
    used = {
        Path(task.file.file_path).name
        for snapshot in table.metadata.snapshots
        for task in table.scan(snapshot_id=snapshot.snapshot_id).plan_files()
    }
    assert data_files(project) == used


def test_without_keep_all_stay(project):
    project.write({"alur.toml": KEEP.replace('keep = "1 hour"', "")})
    run(project, 1)
    age(project, 1_000, "audit")
    run(project, 2)
    run(project, 3)
    assert rows(project.table("total")) == [[1], [2], [3]]


def test_a_damaged_old_snapshot_does_not_fail_a_run(project):
    for n in range(3):
        run(project, n)
    table = project.table("total")
    damaged = table.metadata.snapshots[1].manifest_list.removeprefix("file:")
    Path(damaged).unlink()
    age(project, 30, "audit")
    ran = run(project, 3)
    assert any("old snapshots of" in notice for notice in ran.notices), ran.notices
    assert project.table("total").scan().to_arrow()["n"].to_pylist() == [3]


# --- small files, orphans, and other programs -----------------------------------------------------------------------

APPEND = PIPELINES.replace("target=Total)", 'target=Total, mode="append")')
MANY_FILES = APPEND.replace("return rows", "return rows.repartition(60)")


def append(project, numbers):
    """Add a data file for each number; return the run's notices."""
    project.land(f"{min(numbers)}.csv", "n\n" + "".join(f"{n}\n" for n in numbers))
    return project.run().all_succeeded()


def operations(project):
    return [s.summary.operation.value for s in project.table("total").metadata.snapshots]


def current_files(project):
    return list(project.table("total").scan().plan_files())


def test_a_run_combines_files_after_each_50(project):
    project.write({"alur.toml": KEEP.replace('keep = "1 hour"', "")})
    project.declare(RAW_TOTAL, MANY_FILES)
    append(project, [0])
    append(project, range(1, FILES_BETWEEN_COMPACTIONS - 1))
    assert len(current_files(project)) == FILES_BETWEEN_COMPACTIONS - 1
    assert append(project, [100]).notices == []
    assert len(current_files(project)) == 1
    assert project.rows("total", "n") == [(n,) for n in [*range(49), 100]]
    assert operations(project) == ["append", "append", "append", "replace"]
    # The earlier snapshots have their files yet.
    assert [len(found) for found in rows(project.table("total"))] == [1, 49, 50, 50]
    # A run takes no landing file again after that.
    append(project, [200])
    assert project.rows("total", "n") == [(n,) for n in [*range(49), 100, 200]]


def test_maintenance_at_once(project):
    project.declare(RAW_TOTAL, MANY_FILES)
    append(project, [0])
    append(project, range(1, 13))
    age(project, 2, "audit")
    for name, hours in {"old": 25, "young": 23}.items():
        path = folder(project) / "data" / f"{name}.parquet"
        path.write_bytes(b"12345")
        os.utime(path, (time.time() - hours * 3600,) * 2)
    before = size(project)
    outcome = project.maintain("load")
    counts = outcome.files_before, outcome.files_after
    assert (outcome.table, outcome.orphans, *counts) == ("bronze.total", 1, 13, 1)
    # The first has a name; the second was current until now.
    assert (outcome.snapshots_before, outcome.snapshots_after) == (2, 3)
    assert (outcome.bytes_before, outcome.bytes_after) == (before, size(project))
    table = project.table("total")
    assert [len(found) for found in rows(table)] == [1, 13, 13]
    assert set(table.metadata.refs) == {"main", "audit"}
    assert {"old.parquet", "young.parquet"} & data_files(project) == {"young.parquet"}
    age(project, 2, "audit")
    again = project.maintain("load")
    assert (again.snapshots_after, again.files_after) == (2, 1)
    assert project.rows("total", "n") == [(n,) for n in range(13)]


def size(project):
    return sum(path.stat().st_size for path in folder(project).rglob("*") if path.is_file())


def test_a_table_that_was_never_written(project):
    with pytest.raises(SourceError, match="has never been written"):
        project.maintain("load")


def test_manifests_become_few(project):
    project.declare(RAW_TOTAL, APPEND)
    for n in range(21):
        append(project, [n])
    assert len(manifests(project)) == 21
    project.maintain("load")
    assert len(manifests(project)) == 1
    assert project.rows("total", "n") == [(n,) for n in range(21)]
    assert operations(project)[-2:] == ["replace", "replace"]


def manifests(project):
    table = project.table("total")
    return table.current_snapshot().manifests(table.io)


# --- snapshots that a killed run has left -----------------------------------------------------------------------------


def refuse(project, n):
    """Land a row that the check refuses, and then, in place of it, one that it accepts."""
    project.land(f"{n}.csv", f"n\n-{n}\n")
    assert "must be at least 0" in project.run().error("load").message
    refused = f"jr_{project.jobs.runs}"
    with pytest.raises(SourceError, match=f"no commit of the run {refused}"):
        snapshots_of_run(project.table("total"), "total", refused)
    project.land(f"{n}.csv", f"n\n{n}\n")


@pytest.mark.parametrize("then", ["run", "maintain"])
def test_refused_rows_go_after_a_run_that_was_killed_before_it_expired_their_snapshot(
    project, then
):
    project.write({"alur.toml": KEEP.replace('keep = "1 hour"', "")})
    project.declare(RAW_TOTAL.replace("n: int", "n: int = Field(ge=0)"), APPEND)
    append(project, [1])
    refuse(project, 2)
    project.run().all_succeeded()
    (expiry,) = (n for n, step in enumerate(project.jobs.steps) if "expire_snapshots" in step)
    refuse(project, 3)
    killed = project.kill("load", expiry)
    table = project.table("total")
    # The killed run's branch is that of the table's rows.
    assert {"main"} <= set(table.refs()) <= {"main", f"alur_run_{killed}"}
    assert rows(table) == [[1], [1, 2], [-3, 1, 2], [1, 2, 3]]
    append(project, [4])
    # A reader may have opened a young one.
    assert [-3, 1, 2] in rows(project.table("total"))
    age(project, 25, "audit")
    project.run().all_succeeded() if then == "run" else project.maintain("load")
    table = project.table("total")
    ends = [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]
    assert rows(table) == (ends if then == "run" else [*ends, ends[-1]])
    used = {
        Path(task.file.file_path).name
        for snapshot in table.metadata.snapshots
        for task in table.scan(snapshot_id=snapshot.snapshot_id).plan_files()
    }
    assert data_files(project) == used
