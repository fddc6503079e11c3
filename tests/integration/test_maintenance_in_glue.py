"""PyIceberg maintains tables in an emulated S3 and Data Catalog as it does on this machine."""

from datetime import UTC, datetime, timedelta

import pytest

from alur.aws_clients import Clients
from alur.errors import EngineError
from alur.runtime.tables.pyiceberg_compaction import compact
from alur.runtime.tables.pyiceberg_glue import pyiceberg_catalog
from alur.runtime.tables.pyiceberg_recovery import remove_orphans
from tests.glue_project import REGION

CONTRACTS = "class Total(BronzeTable):\n    n: int\n"
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Total)}, target=Total, mode="append")
def load(rows):
    return rows
"""


@pytest.fixture
def totals(jobs):
    """Return a project whose table has two files."""
    jobs.declare(CONTRACTS, PIPELINES).deploy()
    for n in range(2):
        append(jobs, n)
    return jobs


def append(project, n):
    project.land(f"{n}.csv", f"n\n{n}\n")
    project.run().all_succeeded()


def opened(project):
    clients = Clients(REGION)
    catalog = pyiceberg_catalog(clients("glue"), clients.s3_properties())
    return catalog.load_table((project.database("bronze"), "total"))


def keys(project):
    listed = project.s3.list_objects_v2(Bucket=project.bucket("bronze"), Prefix="tables/total/")
    return {one["Key"] for one in listed["Contents"] if not one["Key"].endswith("/")}


def test_files_that_no_snapshot_needs_go_once_they_are_old(totals):
    needed = keys(totals)
    strays = {"tables/total/data/a b=1/stray.parquet", "tables/total/metadata/stray.avro"}
    for key in (*strays, "tables/totals/other.parquet"):
        totals.s3.put_object(Bucket=totals.bucket("bronze"), Key=key, Body=b"12345")
    now = datetime.now(UTC)
    assert remove_orphans(opened(totals), before=now - timedelta(days=1)) == 0
    assert keys(totals) == needed | strays
    # The emulated S3 dates its objects by its own clock.
    assert remove_orphans(opened(totals), before=now + timedelta(days=1)) == 2
    assert keys(totals) == needed
    totals.s3.head_object(Bucket=totals.bucket("bronze"), Key="tables/totals/other.parquet")
    assert totals.rows("total", "n") == [(0,), (1,)]


def test_a_run_meanwhile_keeps_its_rows(totals):
    table = opened(totals)
    append(totals, 2)
    with pytest.raises(EngineError, match="another program has written"):
        compact(table)
    assert totals.rows("total", "n") == [(0,), (1,), (2,)]
    assert compact(opened(totals))
    append(totals, 3)
    assert totals.rows("total", "n") == [(0,), (1,), (2,), (3,)]
    assert totals.metadata("total")["snapshots"][-2]["summary"]["operation"] == "replace"
