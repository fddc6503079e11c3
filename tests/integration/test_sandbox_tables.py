"""Tables of an environment are compared with those of this machine, and give rows for recorded tests."""

from __future__ import annotations

import csv
import json

import pytest

from alur.operations import plan_environment
from tests.command import alur
from tests.sandboxed import SandboxProject
from tests.terraform import needs_provider

pytestmark = needs_provider

CONTRACTS = """
class Sales(BronzeTable, key="id"):
    id: int
    shop: str
    amount: float

class Totals(GoldTable, key="shop"):
    shop: str
    total: float
"""
PIPELINES = """
@pipeline(sources={"rows": files("sales/*.csv", schema=Sales)}, target=Sales, mode="append")
def load(rows):
    return rows

@pipeline(sources={"sales": Sales}, target=Totals)
def totals(sales):
    return sales.groupBy("shop").agg(F.sum("amount").alias("total"))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Yield a project whose sandbox has one landing file, and whose tables here have two."""
    project = SandboxProject(tmp_path_factory.mktemp("sandbox") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES)
    project.land("sales/a.csv", "id,shop,amount\n1,north,0.1\n2,north,0.2\n3,south,5\n")
    project.done("sandbox", "up")
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    project.done("run", "--all", "--env", "sandbox")
    project.land("sales/b.csv", "id,shop,amount\n4,south,7.5\n5,west,1\n")
    project.done("run", "--all", "--env", "local")
    yield project
    project.close()


def compared(shop, *arguments):
    code, text = shop.alur("diff", *arguments, "--json")
    return code, json.loads(text)


def test_what_this_machine_has_beyond_the_sandbox(shop):
    code, found = compared(shop, "sales", "--against", "sandbox")
    assert (code, found["removed"], found["added"], found["changed"]) == (2, 0, 2, 0)
    assert [row["id"] for row in found["samples"]["added"]] == [4, 5]
    assert (found["first"], found["second"]) == (
        {"name": "sandbox", "rows": 3},
        {"name": "local", "rows": 5},
    )
    assert found["columns"] == []


def test_the_sandbox_against_this_machine_is_the_other_way_around(shop):
    code, found = compared(shop, "totals", "--env", "sandbox", "--against", "local")
    assert (code, found["removed"], found["added"], found["changed"]) == (2, 1, 0, 1)
    (change,) = found["samples"]["changed"]
    assert change == {
        "first": {"shop": "south", "total": 12.5},
        "second": {"shop": "south", "total": 5.0},
    }


def test_what_the_last_commit_in_the_sandbox_has_changed(shop):
    code, found = compared(shop, "sales", "--env", "sandbox")
    assert (code, found["first"]["rows"], found["added"]) == (2, 0, 3)


def test_snapshots_of_jobs_on_sail_record_no_runs(shop):
    code, text = shop.alur("diff", "sales", "--env", "sandbox", "--run", "jr_7")
    assert (code, text) == (
        1,
        "[ERROR] the snapshots of shop_sandbox_bronze.sales record no runs\n"
        "  fix: compare snapshots with --snapshot; jobs on Sail in the sandbox record none\n",
    )


def test_a_test_is_recorded_from_the_sandbox(shop):
    text = shop.done("test", "--record", "load", "totals", "--env", "sandbox")
    folder = shop.root / "tests" / "fixtures"
    with (folder / "totals" / "sources" / "sales.csv").open() as file:
        assert sorted(row["id"] for row in csv.DictReader(file)) == ["1", "2", "3"]
    with (folder / "load" / "sources" / "rows.csv").open() as file:
        assert {row["_source_file"] for row in csv.DictReader(file)} == {"sales/a.csv"}
    with (folder / "totals" / "expected.csv").open() as file:
        totals = {row["shop"]: float(row["total"]) for row in csv.DictReader(file)}
    assert totals == {"north": pytest.approx(0.3), "south": 5.0}
    assert "✓ totals → tests/fixtures/totals" in text
    assert "[OK] 2 tests passed" in shop.done("test")


NORTH, SOUTH = ["north", 0.3], ["south", 5.0]


def totals(shop, environment):
    lines = csv.reader(shop.done("show", "totals", "--env", environment, "--csv").splitlines()[1:])
    return sorted([name, round(float(total), 2)] for name, total in lines)


def test_a_change_is_tried_in_a_clone_of_the_sandbox(shop):
    """Its runs are the deployed jobs', with the present code, in databases of its own, as their roles allow."""
    before = keys(shop)
    made = shop.done("new-env", "trial_1", "--from", "sandbox")
    assert "Made trial_1 from sandbox: 2 tables, and no data copied" in made
    assert "alur publish" not in made
    assert totals(shop, "trial_1") == [NORTH, SOUTH]
    shop.declare(CONTRACTS, PIPELINES.replace('F.sum("amount")', 'F.max("amount")'))
    try:
        plan, text = shop.alur("plan", "--env", "trial_1", "--json")
        # The landing file b.csv is not in what plans compare.
        assert (plan, json.loads(text)["to_run"]) == (2, ["totals"])
        ran = shop.done("run", "--changed", "--env", "trial_1")
        assert "'totals' completed successfully" in ran
        assert totals(shop, "trial_1") == [["north", 0.2], SOUTH]
        code, found = compared(shop, "--all", "--env", "trial_1", "--against", "sandbox")
        assert code == 2
        assert {one["table"]: one["same"] for one in found["tables"]} == {
            "bronze.sales": True,
            "gold.totals": False,
        }
        listed = json.loads(shop.done("list-envs", "--json"))
        assert [(one["name"], one["tables"], one["written"]) for one in listed] == [
            ("trial_1", 2, ["gold.totals"])
        ]
    finally:
        shop.declare(CONTRACTS, PIPELINES)
    # A run of the sandbox itself changes neither the clone nor the files that it needs.
    shop.done("run", "--all", "--env", "sandbox")
    assert totals(shop, "sandbox") == [NORTH, ["south", 12.5], ["west", 1.0]]
    assert totals(shop, "trial_1") == [["north", 0.2], SOUTH]
    assert tags(shop) == {"sales": {"alur_env_trial_1"}, "totals": {"alur_env_trial_1"}}
    shop.done("drop-env", "trial_1")
    assert [key for key in keys(shop) if key.startswith("environments/")] == []
    assert before <= keys(shop)
    assert tags(shop) == {"sales": set(), "totals": set()}
    names = [one["Name"] for one in shop.client("glue").get_databases()["DatabaseList"]]
    assert sorted(names) == ["shop_sandbox_bronze", "shop_sandbox_gold", "shop_sandbox_silver"]
    policies = shop.client("iam").list_role_policies(RoleName="alur-glue-shop-sandbox")
    assert policies["PolicyNames"] == ["run-pipelines"]


def keys(shop):
    """Return the keys of all tables' files."""
    s3 = shop.client("s3")
    buckets = ("alur-shop-bronze-sandbox", "alur-shop-gold-sandbox")
    pages = [s3.list_objects_v2(Bucket=bucket) for bucket in buckets]
    found = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
    return {key for key in found if not key.startswith("landing/")}


def tags(shop):
    """Return the tags of the sandbox's tables."""
    glue, s3, found = shop.client("glue"), shop.client("s3"), {}
    for database, table in (("shop_sandbox_bronze", "sales"), ("shop_sandbox_gold", "totals")):
        entry = glue.get_table(DatabaseName=database, Name=table)["Table"]
        bucket, _, key = entry["Parameters"]["metadata_location"][5:].partition("/")
        refs = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])["refs"]
        found[table] = {name for name, ref in refs.items() if ref["type"] == "tag"}
    return found


@pytest.mark.parametrize(
    "command",
    [
        ["deploy", "--auto-approve"],
        ["destroy", "--force", "--auto-approve"],
        ["maintain"],
    ],
)
def test_what_would_concern_the_sandbox_itself_is_refused_in_a_clone(shop, command):
    if "trial_2" not in shop.done("list-envs"):
        shop.done("new-env", "trial_2", "--from", "sandbox")
    code, text = shop.alur(*command, "--env", "trial_2")
    assert code == 1
    assert "trial_2 is not deployed" in text or "trial_2 are not maintained" in text
    assert (
        "only environments on this machine can be published" in shop.alur("publish", "trial_2")[1]
    )


def test_in_aws_new_env_shows_what_would_be_done_and_does_nothing(shop):
    shop.write({"alur.toml": '[project]\nname = "shop"\n[env.prod]\n'})
    before = keys(shop)
    aws = {
        "AWS_ENDPOINT_URL": shop.state.address,
        "AWS_ACCESS_KEY_ID": shop.state.access_key,
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    done = alur(shop.root, "new-env", "trial_3", "--from", "prod", **aws)
    assert done.returncode == 1
    text = done.stdout
    assert "Plan of trial_3 from prod: nothing is written" in text
    assert "  + shop_trial_3_gold\n      s3://alur-shop-gold-prod/environments/trial_3/\n" in text
    assert "the role alur-glue-shop-prod" in text
    assert "environments in AWS can be planned, but not made: prod is in AWS" in done.stderr
    assert keys(shop) == before
    plan = plan_environment(shop.project(), "trial_3", "sandbox")
    assert [(t.database, t.name, t.rows) for t in plan.tables] == [
        ("shop_trial_3_bronze", "sales", len(shop.csv("sales"))),
        ("shop_trial_3_gold", "totals", len(shop.csv("totals"))),
    ]
    assert {*plan.databases} == {f"shop_trial_3_{layer}" for layer in ("bronze", "silver", "gold")}
    assert keys(shop) == before


def test_a_clone_ends_with_its_sandbox(shop):
    shop.done("new-env", "trial_4", "--from", "sandbox")
    shop.done("sandbox", "down")
    assert "trial_4      sandbox" in shop.done("list-envs")
    assert "the sandbox is not up" in shop.alur("show", "totals", "--env", "trial_4")[1]
    shop.done("drop-env", "trial_4")
    assert "trial_4" not in shop.done("list-envs")
