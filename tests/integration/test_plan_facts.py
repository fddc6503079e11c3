"""The facts of a project's pipelines, and the file that keeps them."""

from __future__ import annotations

import json

import pytest

from alur.lineage.facts import PlanFacts
from alur.lineage.uses import SourceColumn
from alur.runtime.plan_facts import project_facts
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Raw(BronzeTable):
        id: int
        name: str
        amount: int

    class Clean(SilverTable):
        id: int
        name: str | None
        amount: Decimal = Field(max_digits=12, decimal_places=2)

    class Daily(GoldTable):
        name: str | None
        total: int
        position: int
"""
PIPELINES = """
    @pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw

    @pipeline(sources={"raw": Raw}, target=Clean)
    def clean(raw):
        named = F.when(F.col("id") > 0, F.upper("name"))
        return raw.where("amount is not null").select("id", named.alias("name"), "amount")

    @pipeline(sources={"clean": Clean}, target=Daily)
    def daily(clean):
        from pyspark.sql.window import Window

        totals = clean.groupBy("name").agg(F.sum("amount").cast("bigint").alias("total"))
        return totals.withColumn("position", F.row_number().over(Window.orderBy("total")))
"""
ONE_COLUMN = """
    LIMIT = 3

    class Row(BaseModel):
        id: int

    class Out(SilverTable):
        id: int
"""
ID = SourceColumn("raw/*.csv", "id")


def column(text: str) -> SourceColumn:
    return SourceColumn(*text.rsplit(".", 1))


def caveats_of(project: TinyProject, body: str) -> PlanFacts:
    header = '@pipeline(sources={"raw": files("raw/*.csv", schema=Row)}, target=Out)\n'
    function = "def out(raw):\n    " + body.replace("\n", "\n    ")
    project.declare(ONE_COLUMN, header + function)
    return project_facts(project.load())["out"]


def test_facts_of_each_column_and_of_the_rows(project: TinyProject) -> None:
    facts = project_facts(project.declare(CONTRACTS, PIPELINES).load())
    assert list(facts) == ["load", "clean", "daily"]
    assert facts["load"].columns == {
        "id": {SourceColumn("raw/*.csv", "id"): "copy"},
        "name": {SourceColumn("raw/*.csv", "name"): "copy"},
        "amount": {SourceColumn("raw/*.csv", "amount"): "copy"},
        "_ingested_at": {},
        "_source_file": {SourceColumn("raw/*.csv", "_source_file"): "copy"},
        "_run_id": {},
    }
    assert facts["clean"].columns == {
        "id": {column("bronze.raw.id"): "copy"},
        "name": {column("bronze.raw.id"): "condition", column("bronze.raw.name"): "value"},
        # The contract's type is another one.
        "amount": {column("bronze.raw.amount"): "value"},
    }
    assert facts["clean"].row_deciders == {column("bronze.raw.amount"): {"filter"}}
    assert facts["daily"].columns == {
        "name": {column("silver.clean.name"): "copy"},
        "total": {column("silver.clean.amount"): "aggregate"},
        "position": {column("silver.clean.amount"): "window"},
    }
    assert facts["daily"].row_deciders == {column("silver.clean.name"): {"group"}}
    assert [(c.name, c.type) for c in facts["daily"].schema] == [
        ("name", "string"),
        ("total", "bigint"),
        ("position", "int"),
    ]
    assert [known.caveats for known in facts.values()] == [(), (), ()]


@pytest.mark.parametrize(
    ("body", "caveat"),
    [
        ("return raw.limit(raw.count())", "the function looks at rows while it builds its plan"),
        ("return raw.limit(raw.collect()[0].id)", "without rows, out raised IndexError"),
        (
            "raw.sparkSession.conf.set('spark.sql.ansi.enabled', 'true')\nreturn raw",
            "the function changes the setting spark.sql.ansi.enabled",
        ),
        ("raw.write.parquet('copy')\nreturn raw", "the function writes by itself"),
        (
            "return raw.select(F.udf(lambda v: v, 'bigint')('id').alias('id'))",
            "the Python function",
        ),
        ("return raw.mapInPandas(lambda rows: rows, 'id bigint')", "mapInPandas may use all"),
        ("return raw.select('id').summary().select(F.lit(1).alias('id'))", "summary may use all"),
    ],
)
def test_caveats_name_what_the_plan_does_not_show(
    project: TinyProject, body: str, caveat: str
) -> None:
    facts = caveats_of(project, body)
    (found,) = facts.caveats
    assert found.startswith(caveat)
    assert not (project.root / "copy").exists()


def test_without_a_plan_every_column_counts(project: TinyProject) -> None:
    facts = caveats_of(project, "return raw.selct('id')")
    assert ID in facts.columns["id"]
    assert ID in facts.row_deciders
    assert facts.schema == ()


def test_a_function_that_never_ends_is_stopped(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur.runtime.plan_facts._SECONDS", 0.2)
    facts = caveats_of(project, "while True: pass")
    assert facts.caveats == ("the function takes more than 0.2 s without a row",)


def test_facts_are_kept_until_something_they_depend_on_changes(project: TinyProject) -> None:
    path = project.root / ".alur" / "cache" / "facts.json"
    facts = caveats_of(project, "from contracts import LIMIT\nreturn raw.limit(LIMIT)")
    kept = json.loads(path.read_text())
    assert PlanFacts.of_data(kept["out"]["facts"]) == facts

    marked = {**kept["out"]["facts"], "caveats": ["from the file"]}
    kept["out"]["facts"] = marked
    path.write_text(json.dumps(kept))
    assert project_facts(project.load())["out"].caveats == ("from the file",)

    contracts = (project.root / "contracts.py").read_text()
    project.write({"contracts.py": contracts.replace("LIMIT = 3", "LIMIT = 4")})
    changed = project_facts(project.load())["out"]
    assert changed.caveats == ()
    assert changed.fingerprint != facts.fingerprint

    entry = json.loads(path.read_text())["out"]
    for damaged in ({**entry, "facts": {**entry["facts"], "columns": []}}, {"key": 1}, [], None):
        path.write_text(json.dumps({"out": damaged}))
        assert project_facts(project.load())["out"] == changed
    for text in ("not JSON", "[]", ""):
        path.write_text(text)
        assert project_facts(project.load())["out"] == changed


def test_a_changed_contract_makes_new_facts(project: TinyProject) -> None:
    before = project_facts(project.declare(CONTRACTS, PIPELINES).load())
    wider = CONTRACTS.replace("max_digits=12", "max_digits=14")
    after = project_facts(project.declare(wider, PIPELINES).load())
    same = {name for name in before if before[name].fingerprint == after[name].fingerprint}
    assert same == {"load"}


JOINED = """
    class Left(SilverTable):
        id: int
        other: int
        day: date

    class Right(SilverTable):
        key: int
        other: int
        day: date

    class Out(SilverTable):
        id: int
"""
JOINS = {
    "left.join(right, left.id == right.key)": {("id", "key")},
    "left.join(right, 'other')": {("other", "other")},
    "left.join(right, ['other', 'day'])": {("other", "other"), ("day", "day")},
    "left.join(right, (left.id == right.key) & (left.day == right.day) & (left.other > 1))": {
        ("id", "key"),
        ("day", "day"),
    },
    "left.alias('l').join(right.alias('r'), F.expr('l.id = r.key'))": {("id", "key")},
    "left.withColumnRenamed('id', 'key').join(right, 'key').withColumn('id', F.col('key'))": {
        ("id", "key")
    },
    "left.crossJoin(right)": set(),
    "left.crossJoin(right).where(left.id == right.key)": {("id", "key")},
    "left.select('id').intersect(right.select('key'))": {("id", "key")},
    "left.select('id').exceptAll(right.select(F.col('key').alias('id')))": {("id", "key")},
    "left.select('id').union(right.select('key'))": set(),
}
QUERIES = {
    "select l.id from l join r on l.id = r.key and l.day = r.day": {("id", "key"), ("day", "day")},
    "select l.id from l, r where l.id = r.key and l.other > 1": {("id", "key")},
    "select id from l where id in (select key from r where r.other > 1)": {("id", "key")},
    "select id from l where exists (select 1 from r where r.key = l.id)": {("key", "id")},
    "select id from l intersect select key from r": {("id", "key")},
}


def sql(query: str) -> str:
    return f"""
        left.createOrReplaceTempView("l")
        right.createOrReplaceTempView("r")
        return left.sparkSession.sql("{query}")
"""


@pytest.mark.parametrize("code", [*JOINS, *QUERIES])
def test_joins_name_the_columns_that_they_compare(project: TinyProject, code: str) -> None:
    body = sql(code) if code in QUERIES else f"\n        return {code}.select('id')\n"
    project.declare(
        JOINED,
        f"""
    @pipeline(sources={{"rows": files("l/*.csv", schema=Left)}}, target=Left)
    def load_left(rows):
        return rows

    @pipeline(sources={{"rows": files("r/*.csv", schema=Right)}}, target=Right)
    def load_right(rows):
        return rows

    @pipeline(sources={{"left": Left, "right": Right}}, target=Out)
    def out(left, right):{body}
    """,
    )
    joins = project_facts(project.load())["out"].joins
    wanted = {**JOINS, **QUERIES}[code]
    assert {(one.column, other.column) for one, other in joins} == wanted
    assert {(one.table, other.table) for one, other in joins} <= {
        ("silver.left", "silver.right"),
        ("silver.right", "silver.left"),
    }
    # The file of facts has them, too.
    assert project_facts(project.load())["out"].joins == joins
