"""``alur run --changed`` on this machine: nothing that a change reaches is forgotten, and nothing runs twice."""

import pytest

from alur.operations import plan_changes, run
from tests.command import alur

CONTRACTS = """
class Raw(BronzeTable):
    id: int
    amount: int

class Clean(SilverTable, key="id"):
    id: int
    amount: int

class Total(GoldTable):
    amount: int

class Label(GoldTable):
    text: str
"""
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw.where("amount > 0").select("id", "amount")

@pipeline(sources={"clean": Clean}, target=Total)
def total(clean):
    return clean.agg(F.sum("amount").alias("amount"))

@pipeline(sources={"total": Total}, target=Label)
def label(total):
    return total.select(F.concat(F.lit("sum "), F.col("amount").cast("string")).alias("text"))
"""
LARGE = {'"amount > 0"': '"amount > 1"'}


@pytest.fixture
def shop(project):
    """Return a project whose pipelines have all run; ``edit`` declares it with other texts."""
    project.land("1.csv", "id,amount\n1,1\n2,20\n")

    def edit(edits):
        text = PIPELINES
        for old, new in edits.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return project.declare(CONTRACTS, text)

    project.edit = edit
    assert run(edit({}).load())
    return project


def needed(project):
    return " ".join(plan_changes(project.load()).to_run)


def lines(project, *arguments):
    return [line.strip() for line in alur(project.root, *arguments).stdout.splitlines()]


def test_a_change_two_steps_upstream_is_needed_until_it_has_been_read(shop):
    shop.edit(LARGE)
    assert needed(shop) == "clean total label"
    assert run(shop.load(), ["clean"])
    assert needed(shop) == "total label"
    assert run(shop.load(), ["total"])
    assert needed(shop) == "label"
    text = lines(shop, "plan", "--env", "local")
    assert "its last run read rows from before clean changed" in text
    # A run of the pipeline in between, without a change, does not hide it.
    assert run(shop.load(), ["total"])
    assert needed(shop) == "label"
    assert run(shop.load(), ["label"])
    assert needed(shop) == ""
    assert shop.rows("gold.label") == [("sum 20",)]


def test_after_a_failure_in_the_middle_a_second_call_runs_the_rest(shop):
    fails = "F.sum(F.expr(\"if(amount > 1, raise_error('full'), amount)\"))"
    shop.edit({**LARGE, 'F.sum("amount")': fails})
    done = alur(shop.root, "run", "--changed", "--env", "local")
    assert done.returncode == 1, done.stdout
    shop.edit(LARGE)
    assert needed(shop) == "total label"
    before = shop.snapshots()
    done = alur(shop.root, "run", "--changed", "--env", "local")
    assert done.returncode == 0, done.stderr
    assert "Running 2 pipelines on this machine" in done.stdout
    ran = {table for table, ids in shop.snapshots().items() if ids != before[table]}
    assert ran == {"gold.total", "gold.label"}
    assert shop.rows("gold.label") == [("sum 20",)]
    assert needed(shop) == ""


def expire(project, table):
    """Expire all snapshots of a table but the current one."""
    opened = project.table(table)
    for snapshot in opened.snapshots():
        if snapshot.snapshot_id != opened.metadata.current_snapshot_id:
            opened.maintenance.expire_snapshots().by_id(snapshot.snapshot_id).commit()


def test_an_expired_snapshot_does_not_hide_a_change(shop):
    shop.edit(LARGE)
    assert run(shop.load(), ["clean"])
    expire(shop, "silver.clean")
    assert needed(shop) == "total label"
    text = lines(shop, "plan", "--env", "local")
    assert "total read a snapshot of silver.clean that has expired" in text
    assert run(shop.load(), ["total", "label"])
    assert needed(shop) == ""


def test_new_rows_and_an_expired_snapshot_need_no_run(shop):
    shop.land("2.csv", "id,amount\n3,300\n")
    assert run(shop.load(), ["load", "clean"])
    expire(shop, "silver.clean")
    assert needed(shop) == ""


def test_a_table_that_was_dropped_is_written_again_with_what_reads_it(shop):
    from alur.runtime.local import local_warehouse

    local_warehouse(shop.load()).catalog.drop_table("silver.clean")
    assert needed(shop) == "clean total label"


def test_compaction_hides_neither_the_last_run_nor_a_change(shop):
    shop.edit({"target=Clean": 'target=Clean, mode="merge"'})
    for number in range(2, 5):
        shop.land(f"{number}.csv", f"id,amount\n{number + 1},{number}\n")
        assert run(shop.load(), ["load", "clean"])
    assert run(shop.load())
    assert needed(shop) == ""
    before = shop.snapshots()["silver.clean"]
    assert alur(shop.root, "maintain").returncode == 0
    assert shop.snapshots()["silver.clean"] != before
    assert needed(shop) == ""
