"""Runs that skip pipelines whose sources and code are those of their last run."""

import json
import shutil
from pathlib import Path

import pytest

from alur.errors import PipelineError
from alur.operations import run
from alur.project.project import Project
from alur.runtime.graph_run import run_graph
from alur.runtime.places import Places
from alur.runtime.results import Failed, Skipped
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_commits import confirm
from tests.command import alur
from tests.engines import forget_modules
from tests.tiny_project import csv_of

CONTRACTS = """
class Raw(BronzeTable):
    id: int
    shop: str

class Shop(BronzeTable):
    shop: str

class Sales(SilverTable, key="id"):
    id: int
    shop: str

class Totals(GoldTable, key="shop"):
    shop: str
    number: int
"""
PIPELINES = """
@pipeline(sources={{"raw": files("raw/*.csv", schema=Raw)}}, target=Raw, mode="{mode}")
def load(raw):
    return raw

@pipeline(sources={{"shops": files("shops.csv", schema=Shop)}}, target=Shop)
def load_shops(shops):
    return shops

@pipeline(sources={{"raw": Raw, "shops": Shop}}, target=Sales, mode="merge")
def clean(raw, shops):
    return raw.join(shops.select("shop"), "shop").select("id", "shop")

@pipeline(sources={{"sales": Sales}}, target=Totals)
def total(sales):
    return sales.groupBy("shop").agg(F.count("id").alias("number"))
"""
NAMES = ["load", "load_shops", "clean", "total"]


@pytest.fixture
def shop(project):
    project.declare(CONTRACTS, PIPELINES.format(mode="append"))
    project.land("raw/1.csv", csv_of("id,shop", [(1, "a"), (2, "b")]))
    project.land("shops.csv", csv_of("shop", [("a",), ("b",), ("c",)]))
    assert ran(project) == NAMES
    return project


def outcomes(project):
    """Run all pipelines, without the unchanged ones, and return how each ended."""
    forget_modules(project.root)
    loaded = Project.load(project.root)
    runtime = Places.of(loaded).runtime(project.engines.sail, loaded)
    ended = run_graph(loaded, None, runtime, lambda event: None, skip_unchanged=True)
    return {outcome.pipeline: outcome for outcome in ended}


def ran(project):
    """Return the pipelines that ran."""
    ended = outcomes(project)
    assert not [outcome for outcome in ended.values() if isinstance(outcome, Failed)]
    skipped = {name for name, outcome in ended.items() if outcome == Skipped(name, None)}
    return [name for name in NAMES if name not in skipped]


def test_a_pipeline_runs_only_if_a_source_has_a_new_commit(shop):
    # Whether files differ from those of a pipeline that reads all of them each time is known only after a run.
    assert ran(shop) == ["load_shops"]
    shop.land("raw/2.csv", csv_of("id,shop", [(3, "b"), (4, "d")]))
    assert ran(shop) == NAMES
    assert shop.rows("totals") == [("a", 1), ("b", 2)]
    assert ran(shop) == ["load_shops"]
    shop.land("shops.csv", csv_of("shop", [("d",)]))
    assert ran(shop) == ["load_shops", "clean", "total"]
    assert shop.rows("totals") == [("a", 1), ("b", 2), ("d", 1)]


def test_a_run_that_finds_its_rows_in_the_table_counts_as_the_last_run(shop):
    """There is no new snapshot to name the sources or the code, and nothing for the tables behind it to read."""
    shop.land("raw/2.csv", csv_of("id,shop", [(5, "e")]))
    ended = outcomes(shop)
    assert ended["clean"].commit is None
    assert ended["total"] == Skipped("total", None)
    assert ran(shop) == ["load_shops"]
    before = shop.snapshots()
    shop.declare(CONTRACTS, PIPELINES.format(mode="append") + "# more\n")
    assert ran(shop) == NAMES
    assert ran(shop) == ["load_shops"]
    assert shop.snapshots() == before
    # Other rows in the same table make the confirmation void.
    opened = shop.table("totals")
    opened.append(opened.scan().to_arrow()[:0])
    assert ran(shop) == ["load_shops", "total"]


def test_code_outside_of_the_named_modules_and_files_that_code_names_count(shop):
    shop.write({"lib/rates.py": "LEAST = 0\n", "queries/total.sql": "number > 0"})
    imported = "import lib.rates\nfrom pathlib import Path\nQUERY = Path(__file__).parent / 'queries/total.sql'\n"
    text = imported + PIPELINES.format(mode="append")
    text = text.replace(
        '.alias("number"))',
        '.alias("number")).where(f"number > {lib.rates.LEAST}").where(QUERY.read_text())',
    )
    shop.declare(CONTRACTS, text)
    assert ran(shop) == NAMES
    assert ran(shop) == ["load_shops"]
    shop.write({"lib/rates.py": "LEAST = 7\n"})
    assert ran(shop) == NAMES
    assert shop.rows("totals") == []
    shop.write({"lib/rates.py": "LEAST = 0\n"})
    assert ran(shop) == NAMES
    shop.write({"queries/total.sql": "number > 8"})
    assert ran(shop) == NAMES
    assert shop.rows("totals") == []
    assert ran(shop) == ["load_shops"]


def test_a_run_that_changes_nothing_of_the_record_leaves_no_trace(shop):
    metadata = {path.name for path in shop.root.rglob("*.metadata.json")}
    assert ran(shop) == ["load_shops"]
    shop.run().all_succeeded()
    assert {path.name for path in shop.root.rglob("*.metadata.json")} == metadata


def test_a_confirmation_holds_for_its_snapshot_alone(shop):
    opened, other = shop.table("totals"), shop.table("totals")
    other.append(other.scan().to_arrow())
    last = shop.load()
    version = Places.of(last).runtime(shop.engines.sail, last).code_version
    confirm(opened, Provenance(RunIdentity("r", "total", version), _snapshots_of(shop, "sales")))
    assert ran(shop) == ["load_shops", "total"]
    assert shop.rows("totals") == [("a", 1), ("b", 1)]


def _snapshots_of(project, table):
    return {f"silver.{table}": project.table(table).current_snapshot().snapshot_id}


def test_pipelines_that_read_all_files_each_time_run(shop):
    shop.declare(CONTRACTS, PIPELINES.format(mode="overwrite"))
    ran(shop)
    assert ran(shop)[:2] == ["load", "load_shops"]


def test_the_commit_of_another_tool_to_the_target_or_a_source_counts(shop):
    for table, rerun in (("totals", ["total"]), ("sales", ["clean", "total"])):
        opened = shop.table(table)
        opened.append(opened.scan().to_arrow()[:0])
        assert ran(shop) == ["load_shops", *rerun]


def test_dependents_of_a_failed_pipeline_are_skipped_for_that_reason(shop):
    shop.land("raw/2.csv", "id\n1\n")
    ended = outcomes(shop)
    assert isinstance(ended["load"], Failed)
    assert [ended[name] for name in ("clean", "total")] == [
        Skipped("clean", "load"),
        Skipped("total", "load"),
    ]


def test_an_unusable_table_is_reported_by_a_run(shop):
    (shop.root / ".alur/warehouse/catalog.db").unlink()
    ended = outcomes(shop)
    assert "has no entry for the table bronze.raw" in ended["load"].error.message


def test_the_example_runs_nothing_the_second_time(tmp_path):
    example = Path(__file__).parents[2] / "example_repo"
    root = tmp_path / "example"
    shutil.copytree(example, root, ignore=shutil.ignore_patterns(".alur", "__pycache__"))
    assert alur(root, "run", "--all", "--env", "local").returncode == 0
    again = alur(root, "run", "--all", "--env", "local", "--skip-unchanged")
    assert again.returncode == 0
    assert "  - clean_orders skipped: its sources and its code are unchanged\n" in again.stdout
    assert "[OK] 0 pipelines completed, 5 skipped in" in again.stdout
    shown = alur(root, "run", "daily_sales_rollup", "--env", "local", "--skip-unchanged", "--json")
    assert [json.loads(line) for line in shown.stdout.splitlines()] == [
        {
            "event": "skipped",
            "pipeline": "daily_sales_rollup",
            "because_of": None,
            "reason": "its sources and its code are unchanged",
        },
        {"event": "run_ended", "completed": 0, "failed": 0, "skipped": 1},
    ]


def test_glue_jobs_are_not_skipped(shop):
    shop.write({"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'})
    with pytest.raises(PipelineError, match="unchanged pipelines cannot be skipped in 'dev'"):
        run(shop.load(), environment="dev", skip_unchanged=True)
