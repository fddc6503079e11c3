"""Jobs on Spark's JVM expire old snapshots: the files that nothing else needs go, what has a name stays."""

import json
from pathlib import Path

import pytest

from tests.glue_worker import metadata_file
from tests.spark_project import needs_iceberg_for_spark

pytestmark = needs_iceberg_for_spark
KEEP = '[project]\nname = "shop"\n[defaults]\nkeep = "1 hour"\n'
CONTRACTS = "class Total(GoldTable):\n    n: int\n"
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
    return project.jobs.folder / f"{project.databases}_gold" / "total"


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
    return [table.scan(snapshot_id=s.snapshot_id).to_arrow()["n"].to_pylist() for s in snapshots]


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
