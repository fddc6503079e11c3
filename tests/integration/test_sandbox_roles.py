"""Each job has its own role: every pipeline runs with it, and none reaches another's table, files or staged rows."""

from __future__ import annotations

import json

import pytest

from tests.sandboxed import SandboxProject
from tests.terraform import needs_provider

pytestmark = needs_provider

CONTRACTS = """
class Raw(BronzeTable):
    n: int
class Clean(SilverTable, key="n"):
    n: int
class Other(SilverTable):
    n: int
class Total(GoldTable):
    n: int
"""
PIPELINES = """
import json
from pathlib import Path
from alur.scheduling import schedule

CONTROL = Path({control!r})

def trespass():
    # What calls of a file named so come to, in the name of the job's role.
    import boto3
    from botocore.exceptions import ClientError
    asked = CONTROL / "calls.json"
    if not asked.exists():
        return
    outcomes = []
    for service, operation, arguments in json.loads(asked.read_text()):
        try:
            getattr(boto3.client(service), operation)(**arguments)
            outcomes.append("done")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    (CONTROL / "outcomes.json").write_text(json.dumps(outcomes))

@schedule(cron="cron(0 2 * * ? *)", scope="both")
@pipeline(sources={{"rows": files("orders/*.csv", schema=Raw)}}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={{"raw": Raw}}, target=Clean, mode="merge")
def clean(raw):
    trespass()
    return raw.select("n")

@pipeline(sources={{"raw": Raw}}, target=Other)
def copy(raw):
    return raw.select("n")

@pipeline(sources={{"clean": Clean, "other": Other}}, target=Total)
def total(clean, other):
    return clean.union(other).agg(F.sum("n").alias("n"))
"""
SILVER, GOLD, BRONZE, ARTIFACTS = (
    f"alur-shop-{kind}-sandbox" for kind in ("silver", "gold", "bronze", "artifacts")
)


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="module")
def shop(tmp_path_factory, control):
    project = SandboxProject(tmp_path_factory.mktemp("roles") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES.format(control=str(control)))
    project.write(
        {"alur.toml": '[project]\nname = "shop"\n[defaults]\njob_roles = "pipeline"\n[env.dev]\n'}
    )
    project.land("orders/a.csv", "n\n1\n2\n")
    project.land("rates/b.csv", "n\n1\n")
    project.done("sandbox", "up")
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    yield project
    project.close()


def outcomes(shop, control, *calls):
    """Return the outcomes of calls made by the job of ``clean``."""
    (control / "calls.json").write_text(json.dumps(calls))
    shop.done("run", "clean", "--env", "sandbox")
    (control / "calls.json").unlink()
    return json.loads((control / "outcomes.json").read_text())


def test_every_pipeline_runs_with_a_role_of_its_own(shop):
    text = shop.done("sandbox", "fire", "load")
    assert sorted(line.split()[1] for line in text.splitlines() if "SUCCEEDED" in line) == [
        "clean",
        "copy",
        "load",
        "total",
    ]
    # Again, with existing tables and a later file.
    shop.land("orders/c.csv", "n\n10\n")
    shop.done("sandbox", "fire", "load")
    assert shop.csv("total") == ["26"]
    jobs = shop.client("glue").get_jobs()["Jobs"]
    assert {job["Name"]: job["Role"].rpartition("/")[2] for job in jobs} == {
        f"alur-shop-{name}-sandbox": f"alur-job-shop-{name}-sandbox"
        for name in ("load", "clean", "copy", "total")
    }
    logs = shop.done("logs", "--env", "sandbox")
    assert "not authorized" not in logs
    assert "Deployed as declared" in shop.done("status", "--env", "sandbox")


def put(bucket, key):
    return "s3", "put_object", {"Bucket": bucket, "Key": key, "Body": "x"}


def get(bucket, key):
    return "s3", "get_object", {"Bucket": bucket, "Key": key}


def test_what_is_its_own_it_may_write_and_read(shop, control):
    assert (
        outcomes(
            shop,
            control,
            put(SILVER, "tables/clean/data/x"),
            get(SILVER, "tables/clean/data/x"),
            ("s3", "delete_object", {"Bucket": SILVER, "Key": "tables/clean/data/x"}),
            put(ARTIFACTS, "shop/sandbox/temp/clean/x"),
            ("s3", "list_objects_v2", {"Bucket": BRONZE, "Prefix": "tables/raw/"}),
            ("glue", "get_table", {"DatabaseName": "shop_sandbox_bronze", "Name": "raw"}),
        )
        == ["done"] * 6
    )


def test_what_is_anothers_it_may_neither_write_nor_read(shop, control):
    other = {"DatabaseName": "shop_sandbox_silver", "TableInput": {"Name": "other"}}
    raw = {"DatabaseName": "shop_sandbox_bronze", "TableInput": {"Name": "raw"}}
    before = shop.csv("other"), shop.csv("total"), shop.csv("raw")
    calls = [
        # Another job's table, of the same layer or another.
        put(SILVER, "tables/other/data/x"),
        put(SILVER, "tables/clean2/data/x"),
        put(GOLD, "tables/total/data/x"),
        ("s3", "delete_object", {"Bucket": GOLD, "Key": "tables/total/data/x"}),
        get(GOLD, "tables/total/data/x"),
        ("s3", "list_objects_v2", {"Bucket": SILVER, "Prefix": "tables/other/"}),
        ("glue", "update_table", other),
        ("glue", "get_table", {"DatabaseName": "shop_sandbox_gold", "Name": "total"}),
        # A source may only be read.
        put(BRONZE, "tables/raw/data/x"),
        ("s3", "delete_object", {"Bucket": BRONZE, "Key": "tables/raw/data/x"}),
        ("glue", "update_table", raw),
        # Landing files are only for the pipelines that take them.
        get(BRONZE, "landing/orders/a.csv"),
        get(BRONZE, "landing/rates/b.csv"),
        # Staged rows of other jobs, and the code.
        get(ARTIFACTS, "shop/sandbox/temp/copy/x"),
        put(ARTIFACTS, "shop/sandbox/temp/copy/x"),
        put(ARTIFACTS, "shop/sandbox/code/driver.py"),
    ]
    refused = outcomes(shop, control, *calls)
    assert dict(zip(map(str, calls), refused, strict=True)) == {
        str(call): "AccessDenied" if call[0] == "s3" else "AccessDeniedException" for call in calls
    }
    assert (shop.csv("other"), shop.csv("total"), shop.csv("raw")) == before
