"""A job's recorded calls to AWS, against the permissions of its role."""

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from moto.moto_api import recorder

from alur.deployment.permissions import PERMISSIONS
from tests.tiny_project import csv_of

# The policy's actions on each kind of object in a job's own calls.
PURPOSES = {
    "buckets": PERMISSIONS["find_buckets"] + PERMISSIONS["list_files"],
    "landing": PERMISSIONS["read_files"],
    "tables": PERMISSIONS["write_files"],
    "temporary": PERMISSIONS["write_files"],
    "catalog": PERMISSIONS["write_tables"],
}

CONTRACTS = """
    class Raw(BronzeTable):
        id: int
        day: date
        name: str | None

    class Clean(SilverTable, key="id"):
        id: int
        day: date

    class ByDay(GoldTable, partition_by="day"):
        day: date
        rows: int
"""
PIPELINES = """
    @pipeline(sources={"raw": files("raw/**/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw

    @pipeline(sources={"raw": Raw}, target=Clean, mode="merge")
    def clean(raw):
        return raw.select("id", "day")

    @pipeline(sources={"clean": Clean}, target=ByDay, mode="overwrite_partitions")
    def count(clean):
        return clean.groupBy("day").agg(F.count("*").alias("rows"))
"""
# Iceberg's and Spark's own clients on the JVM make these calls; Sail and boto3 do not.
ONLY_ON_THE_JVM = {
    ("buckets", "s3:GetBucketLocation"),
    ("tables", "s3:AbortMultipartUpload"),
    ("tables", "s3:DeleteObject"),
    ("temporary", "s3:AbortMultipartUpload"),
}


@pytest.fixture
def recorded(jobs, tmp_path, monkeypatch):
    """Yield a list of the calls since this point, as pairs of purpose and IAM action."""
    jobs.declare(CONTRACTS, PIPELINES).deploy()
    monkeypatch.setattr(recorder, "_location", str(tmp_path / "calls"))
    recorder.start_recording()

    def calls():
        recorder.stop_recording()
        entries = (tmp_path / "calls").read_text().splitlines()
        return {call for entry in entries for call in calls_of(json.loads(entry))}

    yield calls
    recorder.stop_recording()


def calls_of(entry):
    headers = {name.lower(): value for name, value in entry["headers"].items()}
    if "x-amz-target" in headers:
        yield "catalog", f"glue:{headers['x-amz-target'].partition('.')[2]}"
        return
    url = urlsplit(entry["url"])
    bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
    if entry["method"] == "POST" and "delete" in parse_qs(url.query, keep_blank_values=True):
        yield "temporary" if "artifacts" in bucket else "tables", "s3:DeleteObject"
        return
    if not key:
        yield "buckets", "s3:ListBucket"
        return
    yield purpose(bucket, key), action(entry["method"], url.query)
    if source := headers.get("x-amz-copy-source"):
        bucket, _, key = unquote(source).removeprefix("/").partition("/")
        yield purpose(bucket, key), "s3:GetObject"


def purpose(bucket, key):
    """Return the purpose of a job's object; fail the test if a job may not touch it."""
    if key.startswith("shop/dev/temp/staging/jr_"):
        assert bucket == "alur-shop-artifacts-dev"
        return "temporary"
    if key.startswith("landing/"):
        assert bucket == "alur-shop-bronze-dev"
        return "landing"
    assert re.fullmatch(r"tables/(raw|clean|byday)/.+", key), (bucket, key)
    return "tables"


def action(method, query):
    if method in ("GET", "HEAD"):
        return "s3:GetObject"
    if method == "DELETE":
        return "s3:AbortMultipartUpload" if "uploadId" in query else "s3:DeleteObject"
    return "s3:PutObject"


def test_jobs_call_what_they_are_permitted_and_nothing_else(jobs, recorded):
    declared = {(name, action) for name, actions in PURPOSES.items() for action in actions}
    header = "id,day,name"
    jobs.land("raw/a.csv", csv_of(header, [(1, "2024-05-01", "a"), (2, "2024-05-02", "b")]))
    jobs.run().all_succeeded()
    jobs.land("raw/[b].csv", csv_of(header, [(2, "2024-05-03", "c")]))
    big = csv_of(header, [(n, "2024-05-04", f"{n:0100}") for n in range(100_000)])
    jobs.land("raw/#big.csv", big)
    jobs.run()
    jobs.land("raw/c.csv", csv_of(header, [("x", "2024-05-01", "a")]))
    jobs.run()
    calls = recorded()
    jobs_own = {call for call in calls if call != ("landing", "s3:PutObject")}
    assert jobs_own <= declared
    assert declared - jobs_own == ONLY_ON_THE_JVM
