"""Overwrites with the rows that the table has already: no commit; and with any others: a commit."""

import pytest

from alur.project.project import Project
from alur.runtime.graph_run import run_graph
from alur.runtime.places import Places
from alur.runtime.results import Failed, StepBegun, Succeeded
from tests.engines import each_engine, forget_modules
from tests.tiny_project import csv_of

CONTRACTS = """
class Raw(BronzeTable):
    id: int
    shop: str
    amount: float

class Place(BaseModel):
    x: float | None = Field(description="East")
    names: list[str | None]

class Sales(SilverTable, key="id"{partitioned}):
    '''Sales.'''

    id: int
    shop: str = Field(description="{description}")
    amount: float{nullable}
    places: list[Place | None]
    by_name: dict[str, Annotated[Decimal, Field(max_digits=38, decimal_places=9)]]
"""
PIPELINES = """
@pipeline(sources={{"raw": files("raw/*.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Sales, mode="{mode}")
def clean(raw):
    place = F.struct(F.col("amount").alias("x"), F.array("shop").alias("names"))
    return (
        raw.drop("_source_file")
        .withColumn("places", F.array(place, F.lit(None).cast("struct<x:double,names:array<string>>")))
        .withColumn("by_name", F.create_map("shop", F.col("id").cast("decimal(38,9)")))
    )
"""
ROWS = [(n, f"shop {n % 3}", n / 3) for n in range(10)]


def declare(project, *, mode="overwrite", partitioned="", description="Where", nullable=""):
    return project.declare(
        CONTRACTS.format(partitioned=partitioned, description=description, nullable=nullable),
        PIPELINES.format(mode=mode),
    )


@pytest.fixture
def sales(project):
    declare(project).land("raw/1.csv", csv_of("id,shop,amount", ROWS))
    assert unchanged(project.run()) == []
    return project


def unchanged(ran):
    """Return the pipelines of a run that made no commit, which each says so."""
    found = [name for name in ran.all_succeeded().outcomes if ran.succeeded(name).commit is None]
    assert ran.notices.count("the table has all rows already; it is unchanged") == len(found)
    return found


def commits(project):
    """Return the number of commits to each table."""
    return {name.split(".")[1]: len(ids) for name, ids in project.snapshots().items()}


@each_engine
def test_the_same_rows_in_another_order_and_in_other_files_make_no_commit(sales):
    files = {path: path.stat().st_mtime_ns for path in sales.root.rglob("*.parquet")}
    assert unchanged(sales.run()) == ["load", "clean"]
    # The bronze rows name their file, so another file makes other rows there.
    sales.land("raw/1.csv", csv_of("id,shop,amount", ROWS[:2:-1]))
    sales.land("raw/2.csv", csv_of("id,shop,amount", ROWS[:3]))
    assert unchanged(sales.run()) == ["clean"]
    assert commits(sales) == {"raw": 2, "sales": 1}
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert sales.rows("sales", "id", "shop", "amount") == ROWS


@each_engine
@pytest.mark.parametrize(
    "change",
    [
        [(0, "shop 0", -0.0), *ROWS[1:]],
        ROWS[1:],
        [*ROWS, (10, "shop 9", 0.0)],
        [(0, "shop 1", 0.0), (1, "shop 0", 1 / 3), *ROWS[2:]],
    ],
)
def test_any_other_rows_make_a_commit(sales, change):
    sales.land("raw/1.csv", csv_of("id,shop,amount", change))
    assert unchanged(sales.run()) == []
    assert [tuple(map(repr, row)) for row in sales.rows("sales", "id", "shop", "amount")] == [
        tuple(map(repr, row)) for row in sorted(change)
    ]
    assert commits(sales) == {"raw": 2, "sales": 2}
    assert unchanged(sales.run()) == ["load", "clean"]


@each_engine
def test_the_same_rows_of_some_partitions_make_no_commit(project):
    run_same_and_other_partitions(project)


def run_same_and_other_partitions(project):
    """Check the commits of six runs."""
    declare(project, mode="overwrite_partitions", partitioned=', partition_by="shop"')

    def ran(rows):
        project.land("raw/1.csv", csv_of("id,shop,amount", rows))
        return unchanged(project.run())

    assert ran(ROWS) == []
    some = [row for row in ROWS if row[1] != "shop 1"]
    assert ran(some[::-1]) == ["clean"]
    assert commits(project) == {"raw": 2, "sales": 1}
    # A row less, another bit, and a partition more.
    assert ran(some[1:]) == []
    assert ran([(*row[:2], -0.0) for row in ROWS if row[1] == "shop 1"]) == []
    assert ran([(10, "shop 3", 1.0)]) == []
    expected = [(*row[:2], -0.0) if row[1] == "shop 1" else row for row in ROWS[1:]]
    expected.append((10, "shop 3", 1.0))
    assert list(map(repr, project.rows("sales", "id", "shop", "amount"))) == list(
        map(repr, expected)
    )
    assert unchanged(project.run()) == ["load", "clean"]
    assert commits(project) == {"raw": 5, "sales": 4}


def run_same_and_other_rows(project):
    """Check the commits of five runs."""
    project.land("raw/1.csv", csv_of("id,shop,amount", ROWS))
    assert unchanged(project.run()) == []
    assert unchanged(project.run()) == ["load", "clean"]
    changed = [(0, "shop 0", -0.0), *ROWS[1:]]
    project.land("raw/1.csv", csv_of("id,shop,amount", changed[::-1]))
    assert unchanged(project.run()) == []
    assert unchanged(project.run()) == ["load", "clean"]
    assert list(map(repr, project.rows("sales", "id", "shop", "amount"))) == list(
        map(repr, changed)
    )
    project.land("raw/1.csv", csv_of("id,shop,amount", []))
    assert unchanged(project.run()) == []
    assert project.rows("sales") == []


@pytest.mark.parametrize(
    "change",
    [
        {"partitioned": ', partition_by="shop"'},
        {"description": "Which shop"},
        {"nullable": " | None"},
    ],
)
def test_a_changed_contract_makes_a_commit(sales, change):
    declare(sales, **change)
    # With the same code, the rows are the same.
    sales.run().all_succeeded()
    assert commits(sales) == {"raw": 1, "sales": 2}
    sales.run().all_succeeded()
    assert commits(sales) == {"raw": 1, "sales": 2}


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_only_the_fingerprint_of_the_latest_commit_counts(sales, mode):
    """Rows that a later commit has added or replaced are not those of the fingerprint."""
    declare(sales, mode=mode)
    sales.land("raw/1.csv", csv_of("id,shop,amount", [(20, "a", 1.0)]))
    sales.run().all_succeeded()
    declare(sales)
    sales.land("raw/1.csv", csv_of("id,shop,amount", ROWS))
    assert unchanged(sales.run()) == []
    assert sales.rows("sales", "id", "shop", "amount") == ROWS
    assert commits(sales) == {"raw": 3, "sales": 3}


def test_the_commit_of_another_tool_makes_the_next_run_write(sales):
    table = sales.table("sales")
    table.append(table.scan().to_arrow())
    assert unchanged(sales.run()) == ["load"]
    assert sales.rows("sales", "id", "shop", "amount") == ROWS
    # A dropped column that comes back is empty, and makes no snapshot.
    for add in (False, True):
        with sales.table("raw").update_schema(allow_incompatible_changes=True) as update:
            from pyiceberg.types import DoubleType

            update.add_column("amount", DoubleType()) if add else update.delete_column("amount")
    sales.run().all_succeeded()
    assert sales.rows("raw", "id", "shop", "amount") == ROWS


def test_a_commit_of_another_tool_meanwhile_does_not_pass_for_the_same_rows(sales):
    """The run does not report the table unchanged: like every write upon another's commit, it fails."""
    forget_modules(sales.root)
    project = Project.load(sales.root)
    runtime = Places.of(project).runtime(sales.engines.sail, project)

    def interfere(event):
        if event == StepBegun("clean", "check"):
            table = sales.table("sales")
            table.append(table.scan().to_arrow())

    ends = list(run_graph(project, None, runtime, interfere))
    assert [type(end) for end in ends] == [Succeeded, Failed]
    assert unchanged(sales.run()) == ["load"]
    assert sales.rows("sales", "id", "shop", "amount") == ROWS


def test_a_lost_file_makes_the_next_run_write(sales):
    for file in (sales.root / ".alur/warehouse/silver/sales/data").iterdir():
        file.unlink()
    assert unchanged(sales.run()) == ["load"]
    assert sales.rows("sales", "id", "shop", "amount") == ROWS


def test_a_table_without_a_fingerprint_or_with_another_algorithms_is_written(sales):
    for value in (None, "other-1:10:00"):
        table = sales.table("sales")
        summary = dict(table.current_snapshot().summary.additional_properties)
        del summary["alur.fingerprint"]
        more = {"alur.fingerprint": value} if value else {}
        with table.transaction() as transaction:
            transaction.append(table.scan().to_arrow()[:0], {**summary, **more})
        before = commits(sales)["sales"]
        sales.run().all_succeeded()
        assert commits(sales)["sales"] == before + 1


def test_an_empty_table_stays_as_it_is(project):
    declare(project).land("raw/1.csv", csv_of("id,shop,amount", []))
    for _ in range(2):
        project.run().all_succeeded()
    assert commits(project) == {"raw": 1, "sales": 1}
