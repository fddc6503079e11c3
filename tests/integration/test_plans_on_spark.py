"""Jobs on Spark record what their pipelines meant: ``alur plan`` reads that, and ``alur diff`` finds what a run has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.sandboxed import SandboxProject, needs_spark
from tests.terraform import needs_provider

pytestmark = [needs_provider, needs_spark, pytest.mark.nightly]

CONTRACTS = """
class Raw(BronzeTable):
    id: int = Field(ge=0)
    shop: str
    amount: float

class Orders(SilverTable, key="id"):
    id: int
    shop: str
    amount: float

class Shops(SilverTable, partition_by="shop"):
    shop: str
    orders: int

class Best(GoldTable, key="shop"):
    shop: str
    amount: float
"""
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Orders, mode="merge")
def clean(raw):
    return raw.select("id", "shop", "amount")

@pipeline(sources={"raw": Raw}, target=Shops, mode="overwrite_partitions")
def count(raw):
    return raw.groupBy("shop").agg(F.count("id").alias("orders"))

@pipeline(sources={"orders": Orders}, target=Best)
def best(orders):
    return orders.groupBy("shop").agg(F.max("amount").alias("amount"))
"""
TABLES = {
    "load": "bronze.raw",
    "clean": "silver.orders",
    "count": "silver.shops",
    "best": "gold.best",
}
FIRST = "id,shop,amount\n1,a,10.5\n2,b,20.5\n"
SECOND = "id,shop,amount\n3,a,30.5\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProject]:
    """Yield a project whose jobs have all run twice: the second time, the tables exist."""
    project = SandboxProject(tmp_path_factory.mktemp("plans") / "shop", engines=None)  # type: ignore[arg-type]
    project.declare(CONTRACTS, PIPELINES).land("1.csv", FIRST)
    try:
        project.done("sandbox", "up", "--engine", "spark")
        project.done("deploy", "--env", "sandbox", "--auto-approve")
        project.done("run", "--all", "--env", "sandbox")
        project.land("2.csv", SECOND)
        project.done("run", "--all", "--env", "sandbox")
        yield project
    finally:
        project.close()


def metadata(shop: SandboxProject, table: str) -> dict:  # type: ignore[type-arg]
    """Return the content of a table's metadata file."""
    layer, _, name = table.partition(".")
    found = shop.client("glue").get_table(DatabaseName=f"shop_sandbox_{layer}", Name=name)
    bucket, _, key = (
        found["Table"]["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    )
    return json.load(shop.client("s3").get_object(Bucket=bucket, Key=key)["Body"])  # type: ignore[no-any-return]


def argument(shop: SandboxProject, pipeline: str) -> str:
    """Return the plan that a deployment has given to a job."""
    job = shop.client("glue").get_job(JobName=f"alur-shop-{pipeline}-sandbox")["Job"]
    return job["DefaultArguments"]["--alur_plan"]  # type: ignore[no-any-return]


def summaries(shop: SandboxProject, table: str) -> list[dict[str, str]]:
    """Return the summaries of a table's snapshots, the oldest first."""
    snapshots = metadata(shop, table)["snapshots"]
    return [one["summary"] for one in sorted(snapshots, key=lambda one: one["sequence-number"])]


def compared(shop: SandboxProject, table: str, run: str) -> dict:  # type: ignore[type-arg]
    code, text = shop.alur("diff", table, "--env", "sandbox", "--run", run, "--json")
    assert code == 2, text
    return json.loads(text)  # type: ignore[no-any-return]


def test_commits_of_every_mode_have_the_plan_that_the_deployment_knew(shop: SandboxProject) -> None:
    plans = {}
    for pipeline, table in TABLES.items():
        plans[pipeline] = argument(shop, pipeline)
        found = summaries(shop, table)
        assert len(found) == 2, table
        assert {one["alur.plan"] for one in found} == {plans[pipeline]}, table
        assert {one["alur.pipeline"] for one in found} == {pipeline}
    assert len(set(plans.values())) == len(TABLES)
    assert "No changes: sandbox is as the project declares it" in shop.done(
        "plan", "--env", "sandbox"
    )


def test_what_a_run_has_changed(shop: SandboxProject) -> None:
    """Only rows: all columns of the contract's, and those that name the run are not compared."""
    expected = {
        "load": ((2, 3), 1, 0),
        "clean": ((2, 3), 1, 0),
        "count": ((2, 2), 1, 1),
        "best": ((2, 2), 0, 0),
    }
    for pipeline, (rows, added, removed) in expected.items():
        table = TABLES[pipeline]
        run = summaries(shop, table)[-1]["alur.run-id"]
        found = compared(shop, table, run)
        assert (found["first"]["rows"], found["second"]["rows"]) == rows, table
        assert (found["added"], found["removed"]) == (added, removed), table
    assert found["samples"]["changed"] == [
        {"first": {"shop": "a", "amount": "10.5"}, "second": {"shop": "a", "amount": "30.5"}}
    ]
    created = compared(shop, "orders", summaries(shop, "silver.orders")[0]["alur.run-id"])
    assert (created["first"]["rows"], created["added"]) == (0, 2)


def test_a_changed_function_shows_until_its_job_has_run(shop: SandboxProject) -> None:
    """One change alters rows; the other alters none, so its run makes no commit."""
    before = {name: argument(shop, name) for name in TABLES}
    changed = PIPELINES.replace("F.max", "F.min")
    changed = changed.replace("return raw.select", 'return raw.where("amount > 0").select')
    shop.declare(CONTRACTS, changed)
    code, text = shop.alur("plan", "--env", "sandbox")
    assert code == 2
    lines = [line.strip() for line in text.splitlines()]
    assert "~ clean no longer means what its last run meant" in lines, text
    assert "~ best no longer means what its last run meant" in lines, text
    shop.done("deploy", "--env", "sandbox", "--auto-approve")
    after = {name: argument(shop, name) for name in TABLES}
    assert [name for name in TABLES if before[name] != after[name]] == ["clean", "best"]
    ran = shop.done("run", "--changed", "--env", "sandbox")
    assert "alur-shop-load-sandbox" not in ran
    assert "No changes: sandbox is as the project declares it" in shop.done(
        "plan", "--env", "sandbox"
    )
    assert shop.csv("best") == ["a,10.5", "b,20.5"]
    assert [one["alur.plan"] for one in summaries(shop, "gold.best")] == [
        *[before["best"]] * 2,
        after["best"],
    ]
    assert len(summaries(shop, "silver.orders")) == 2
    confirmed = json.loads(metadata(shop, "silver.orders")["properties"]["alur.confirmed"])
    assert confirmed["alur.plan"] == after["clean"]
