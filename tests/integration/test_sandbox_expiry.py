"""A job on Spark with a role of its own expires old snapshots of its table in the sandbox, and deletes their files."""

import json

import pytest

from tests.sandboxed import SandboxProject, needs_spark
from tests.terraform import needs_provider

pytestmark = [needs_provider, needs_spark]

TOML = """
[project]
name = "shop"
[env.sandbox]
job_roles = "pipeline"
gold_keep = "1 hour"
"""
CONTRACTS = "class Total(GoldTable):\n    n: int\n"
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Total)}, target=Total)
def load(rows):
    return rows
"""
BUCKET, PREFIX = "alur-shop-gold-sandbox", "tables/total/"


@pytest.fixture
def shop(tmp_path):
    project = SandboxProject(tmp_path / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES).write({"alur.toml": TOML})
    project.done("sandbox", "up", "--engine", "spark")
    project.land("total.csv", "n\n0\n")
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    yield project
    project.close()


def run(shop, n):
    shop.land("total.csv", f"n\n{n}\n")
    shop.done("run", "load", "--env", "sandbox")


def metadata(shop):
    """Return the key of the table's metadata file, and its content."""
    glue, s3 = shop.client("glue"), shop.client("s3")
    table = glue.get_table(DatabaseName="shop_sandbox_gold", Name="total")["Table"]
    key = table["Parameters"]["metadata_location"].removeprefix(f"s3://{BUCKET}/")
    return key, json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"])


def age(shop, hours):
    """Make the table's commits older, as if they had been so long ago."""
    key, content = metadata(shop)
    for entry in (*content["snapshots"], *content["snapshot-log"]):
        entry["timestamp-ms"] -= hours * 3_600_000
    shop.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content))


def files(shop, kind):
    """Return the keys of the table's files of a kind."""
    listed = shop.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", ())
    return {one["Key"] for one in listed if one["Key"].endswith(kind)}


def test_old_snapshots_go_with_their_files(shop):
    for n in range(2):
        run(shop, n)
    before = files(shop, ".parquet")
    age(shop, 26)
    run(shop, 2)
    _, content = metadata(shop)
    # The first had been replaced for a day; the second was current until now.
    assert len(content["snapshots"]) == 2
    after = files(shop, ".parquet")
    assert (len(before), len(after), len(before & after)) == (2, 2, 1)
    lists = {one["manifest-list"].removeprefix(f"s3://{BUCKET}/") for one in content["snapshots"]}
    assert {key for key in files(shop, ".avro") if "/snap-" in key} == lists
    assert shop.csv("total") == ["2"]
    logs = shop.done("logs", "--env", "sandbox")
    assert "not authorized" not in logs
    assert "stay:" not in logs
