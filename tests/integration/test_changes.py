"""Pipelines that receive only what has changed in a table since their last run."""

import random

import pytest

from alur.errors import PipelineError, SourceError
from tests.command import alur
from tests.engines import each_engine
from tests.tiny_project import csv_of, local_warehouse_at

CONTRACTS = """
class Raw(BronzeTable):
    id: int
    shop: str
    amount: float | None = None

class Sales(SilverTable, key="id"):
    id: int
    shop: str
    amount: float | None = None

class Log(GoldTable):
    id: int
    shop: str

class Audit(GoldTable):
    id: int
    amount: float | None = None
    what: str
"""
PIPELINES = """
from alur import changes

@pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(raw):
    return raw

@pipeline(sources={"raw": changes(Raw)}, target=Sales, mode="merge")
def clean(raw):
    last = raw.groupBy("id").agg(F.max("_source_file").alias("_source_file"))
    return raw.join(last, ["id", "_source_file"])

@pipeline(sources={"raw": changes(Raw)}, target=Log, mode="append")
def log(raw):
    return raw.select("id", "shop")

@pipeline(sources={"sales": changes(Sales, removed=True)}, target=Audit, mode="append")
def audit(sales):
    return sales.select("id", "amount", F.col("_change").alias("what"))
"""
FIRST = [(1, "a", 1.5), (2, "b", 2.5)]


@pytest.fixture
def shop(project):
    project.declare(CONTRACTS, PIPELINES)
    project.land("raw/1.csv", csv_of("id,shop,amount", FIRST))
    project.run().all_succeeded()
    return project


@each_engine
class TestChanges:
    def test_a_run_receives_only_rows_that_came_since_the_last_one(self, shop):
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        ran = shop.run().all_succeeded()
        assert ran.succeeded("log").rows_read == {"raw": 1}
        assert ran.succeeded("clean").rows_read == {"raw": 1}
        assert shop.rows("gold.log") == [(1, "a"), (2, "b"), (3, "a")]
        assert shop.rows("silver.sales") == [(1, "a", 1.5), (2, "b", 2.5), (3, "a", 3.5)]

    def test_without_changes_the_function_is_not_called(self, shop):
        ran = shop.run("clean", "log", "audit").all_succeeded()
        assert ran.succeeded("log").commit is None
        assert ran.notices == ["no changes in its sources; the table is unchanged"] * 3
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        assert shop.run().all_succeeded().succeeded("log").rows_read == {"raw": 1}

    def test_replaced_rows_are_removed_and_added_and_others_of_their_file_are_neither(self, shop):
        assert shop.rows("gold.audit") == [(1, 1.5, "added"), (2, 2.5, "added")]
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(2, "b", -0.0)]))
        shop.run().all_succeeded()
        assert shop.rows("gold.audit") == [
            (1, 1.5, "added"),
            (2, -0.0, "added"),
            (2, 2.5, "added"),
            (2, 2.5, "removed"),
        ]
        shop.land("raw/3.csv", csv_of("id,shop,amount", [(2, "b", 0.0)]))
        shop.run().all_succeeded()
        assert len(shop.rows("gold.audit")) == 6, "only the sign of a zero has changed"

    def test_removed_rows_stop_a_run_that_does_not_expect_them(self, shop):
        shop.write(
            {"pipelines.py": (shop.root / "pipelines.py").read_text().replace(", removed=True", "")}
        )
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(2, "b", 9.5)]))
        error = shop.run().error("audit")
        assert isinstance(error, SourceError)
        assert error.message == (
            "audit: 1 row of silver.sales was replaced or removed since the last run"
        )
        assert "changes(Sales, removed=True)" in error.remedy
        assert error.where.line == shop.line_of("pipelines.py", "def audit")[1]
        assert shop.rows("gold.audit") == [(1, 1.5, "added"), (2, 2.5, "added")]


class TestLostTrack:
    def test_after_expiry_an_append_is_made_anew(self, shop):
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        shop.run("load").all_succeeded()
        expire_all_but_the_current(shop, "bronze.raw")
        ran = shop.run("log", "clean").all_succeeded()
        gone = "the snapshot of the last run is gone: it has expired, or the table is a new one"
        assert ran.notices == [
            f"all rows of bronze.raw were read: {gone}",
            f"all rows of bronze.raw were read: {gone}; they replace those of gold.log",
        ]
        assert shop.rows("gold.log") == [(1, "a"), (2, "b"), (3, "a")]
        assert shop.rows("silver.sales") == [(1, "a", 1.5), (2, "b", 2.5), (3, "a", 3.5)]

    def test_after_a_change_of_columns_an_append_is_made_anew(self, shop):
        contracts = (shop.root / "contracts.py").read_text()
        shop.write(
            {
                "contracts.py": contracts.replace(
                    "    id: int\n", "    id: int\n    more: int | None = None\n", 1
                )
            }
        )
        shop.land("raw/2.csv", "id,shop,amount,more\n3,a,3.5,7\n")
        ran = shop.run("load", "log").all_succeeded()
        changed = "its columns have changed since the last run; they replace those of gold.log"
        assert f"all rows of bronze.raw were read: {changed}" in ran.notices
        assert shop.rows("gold.log") == [(1, "a"), (2, "b"), (3, "a")]

    def test_a_new_source_is_read_whole_and_an_append_is_made_anew(self, shop):
        pipelines = (shop.root / "pipelines.py").read_text()
        both = pipelines.replace(
            'sources={"raw": changes(Raw)}, target=Log',
            'sources={"raw": changes(Raw), "sales": changes(Sales)}, target=Log',
        ).replace(
            "def log(raw):\n    return raw",
            "def log(raw, sales):\n    return raw",
        )
        assert both != pipelines
        shop.write({"pipelines.py": both})
        ran = shop.run("log").all_succeeded()
        unread = "the last run has not read it; they replace those of gold.log"
        assert ran.notices == [f"all rows of silver.sales were read: {unread}"]
        assert shop.rows("gold.log") == [(1, "a"), (2, "b")]

    def test_rows_of_another_program_stop_an_append(self, shop):
        table = shop.table("gold.log")
        table.append(table.scan().to_arrow())
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        error = shop.run("load", "log").error("log")
        assert error.message == (
            "log: the last commit of gold.log does not say what it has read: "
            "another program has written the table"
        )
        assert "alur rebuild gold.log" in error.remedy
        assert len(shop.rows("gold.log")) == 4

    def test_maintenance_changes_nothing(self, shop):
        for number in range(3, 9):
            shop.land(f"raw/{number}.csv", csv_of("id,shop,amount", [(number, "a", 1)]))
            shop.run().all_succeeded()
        warehouse = local_warehouse_at(shop.root)
        for name in ("bronze.raw", "silver.sales", "gold.log"):
            done = warehouse.maintain(shop.contract(name), print)
            assert done.files_after < done.files_before
        shop.land("raw/9.csv", csv_of("id,shop,amount", [(9, "a", 1)]))
        ran = shop.run().all_succeeded()
        assert ran.succeeded("log").rows_read == {"raw": 1}
        assert ran.notices == []
        assert len(shop.rows("gold.log")) == 9


class TestRebuild:
    def test_a_table_has_what_a_first_run_would_write(self, shop):
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        shop.run().all_succeeded()
        changed = (
            (shop.root / "pipelines.py")
            .read_text()
            .replace('"id", "shop")', '"id", F.upper("shop").alias("shop"))')
        )
        shop.write({"pipelines.py": changed})
        earlier = shop.snapshots()["gold.log"]
        rebuilt = alur(shop.root, "rebuild", "log", "--env", "local")
        assert rebuilt.returncode == 0, rebuilt.stdout
        assert "read     raw: 3 rows" in rebuilt.stdout
        assert shop.rows("gold.log") == [(1, "A"), (2, "B"), (3, "A")]
        assert len(shop.snapshots()["gold.log"]) == len(earlier) + 1
        shop.land("raw/3.csv", csv_of("id,shop,amount", [(4, "b", 4.5)]))
        assert shop.run().all_succeeded().succeeded("log").rows_read == {"raw": 1}

    def test_rows_of_files_that_are_gone_are_not_lost(self, shop):
        shop.land("raw/2.csv", csv_of("id,shop,amount", [(3, "a", 3.5)]))
        shop.run().all_succeeded()
        (shop.root / "landing/raw/1.csv").unlink()
        refused = alur(shop.root, "rebuild", "bronze.raw", "--env", "local")
        assert refused.returncode == 1
        assert "raw/1.csv: no longer in the landing location" in refused.stdout
        assert len(shop.rows("bronze.raw")) == 3

    def test_a_table_that_nothing_writes_is_refused(self, shop):
        contracts = (shop.root / "contracts.py").read_text()
        shop.write({"contracts.py": contracts + "\nclass Lone(GoldTable):\n    id: int\n"})
        refused = alur(shop.root, "rebuild", "lone", "--env", "local")
        assert refused.returncode == 1
        assert "no pipeline of the project writes gold.lone" in refused.stderr


def expire_all_but_the_current(project, name):
    table = project.table(name)
    current = table.metadata.current_snapshot_id
    others = [s.snapshot_id for s in table.metadata.snapshots if s.snapshot_id != current]
    table.maintenance.expire_snapshots().by_ids(others).commit()


NESTED = """
class Line(BaseModel):
    sku: str
    counts: dict[str, int]

class Raw(BronzeTable):
    id: int

class Basket(SilverTable, key="id"):
    id: int
    lines: list[Line]
    tags: dict[str, float | None]
    raw: bytes

class Seen(GoldTable):
    id: int
    lines: list[Line]
    tags: dict[str, float | None]
    raw: bytes
    what: str
"""
NESTED_PIPELINES = """
from alur import changes

@pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=Basket, mode="merge")
def fill(raw):
    counts = F.create_map(F.lit("n"), F.col("id"))
    return raw.select(
        "id",
        F.array(F.struct(F.lit("s").alias("sku"), counts.alias("counts"))).alias("lines"),
        F.create_map(F.lit("t"), F.lit(None).cast("double")).alias("tags"),
        F.lit("x").cast("binary").alias("raw"),
    )

@pipeline(sources={"baskets": changes(Basket, removed=True)}, target=Seen, mode="append")
def see(baskets):
    return baskets.withColumnRenamed("_change", "what")
"""


@each_engine
def test_rows_with_maps_in_lists_are_compared_too(project):
    project.declare(NESTED, NESTED_PIPELINES)
    project.land("raw/1.csv", csv_of("id", [(1,), (2,)]))
    project.run().all_succeeded()
    project.land("raw/1.csv", csv_of("id", [(1,), (2,), (3,)]))
    project.run().all_succeeded()
    values = ([{"sku": "s", "counts": {"n": 0}}], {"t": None}, b"x", "added")
    expected = []
    for number in (1, 2, 3):
        lines = [{"sku": "s", "counts": [("n", number)]}]
        expected.append((number, lines, [("t", None)], b"x", "added"))
    assert project.rows("gold.seen") == expected, values


def test_the_documentation_knows_the_column_of_changes(shop):
    assert alur(shop.root, "docs").returncode == 0
    page = (shop.root / ".alur/docs/gold/audit.html").read_text()
    assert "_change" in page
    lineage = alur(shop.root, "lineage", "gold.audit.what")
    assert "copied from silver.sales._change" in lineage.stdout


class TestDeclaration:
    @pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions"])
    def test_other_modes_are_refused(self, project, mode):
        text = PIPELINES.replace('target=Log, mode="append"', f'target=Log, mode="{mode}"')
        contracts = CONTRACTS.replace(
            "class Log(GoldTable)", 'class Log(GoldTable, partition_by="shop")'
        )
        project.declare(contracts, text)
        with pytest.raises(PipelineError, match="would keep only the last ones"):
            project.load()

    def test_only_contracts_have_changes(self, project):
        project.declare(CONTRACTS, PIPELINES.replace("changes(Raw)", 'changes("bronze.raw")'))
        with pytest.raises(PipelineError, match="not a contract"):
            project.load()


@pytest.mark.parametrize("seed", range(4))
def test_increments_are_what_a_naive_model_says(project, seed):
    """Load, merge, expire, compact and fail at random: the log has each row once, the audit adds up to the table."""
    chance = random.Random(seed)
    project.declare(CONTRACTS, PIPELINES)
    landed, merged, number = [], {}, 0
    for step in range(8):
        if chance.random() < 0.7 or not step:
            rows = [
                (chance.randrange(9), chance.choice("ab"), chance.randrange(3)) for _ in range(3)
            ]
            rows = list({row[0]: row for row in rows}.values())
            project.land(f"raw/{number:03}.csv", csv_of("id,shop,amount", rows))
            number += 1
            landed += rows
        names = [n for n in ("clean", "log", "audit") if chance.random() < 0.6 or step in (0, 7)]
        project.run("load", *names).all_succeeded()
        if "clean" in names:
            merged = {row[0]: row for row in landed}
        if "log" in names:
            assert project.rows("gold.log") == sorted((i, s) for i, s, _ in landed)
        if "audit" in names:
            totals = {}
            for id, amount, what in project.rows("gold.audit"):
                totals[id, amount] = totals.get((id, amount), 0) + (1 if what == "added" else -1)
            expected = {(id, float(a)): 1 for id, _, a in merged.values()}
            assert {key: n for key, n in totals.items() if n} == expected
        if chance.random() < 0.3:
            warehouse = local_warehouse_at(project.root)
            warehouse.maintain(project.contract(chance.choice(["raw", "sales"])), print)
