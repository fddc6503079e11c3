"""Tables of an environment are compared with those of this machine, and give rows for recorded tests."""

from __future__ import annotations

import csv
import json

import pytest

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
        "first": {"shop": "south", "total": "12.5"},
        "second": {"shop": "south", "total": "5.0"},
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
