"""Partition columns change: with overwrite all rows are new; in other modes rows follow, or the change is refused."""

from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import product

import pytest

from alur.errors import SchemaError
from tests.engines import each_engine
from tests.tiny_project import csv_of

DAY = date(2024, 5, 1)
INSTANT = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
# The field's type, the partitioning, and a value in SQL and in the table.
STATES = {
    "text": ("str", '"p"', "'a'", "a"),
    "text or null": ("str | None", '"p"', "cast(null as string)", None),
    "text in buckets": ("str", 'bucket(4, "p")', "'a'", "a"),
    "text, its beginning": ("str", 'truncate(1, "p")', "'abc'", "abc"),
    "text, unpartitioned": ("str", "()", "'a'", "a"),
    "int": ("Int32", '"p"', "7", 7),
    "int in steps": ("Int32", 'truncate(10, "p")', "17", 17),
    "bigint": ("int", '"p"', "8L", 8),
    "bigint in steps": ("int", 'truncate(10, "p")', "18L", 18),
    "decimal": (
        "Decimal = Field(max_digits=6, decimal_places=2)",
        '"p"',
        "1.25BD",
        Decimal("1.25"),
    ),
    "wider decimal": (
        "Decimal = Field(max_digits=12, decimal_places=2)",
        '"p"',
        "2.25BD",
        Decimal("2.25"),
    ),
    "date": ("date", 'days("p")', "date'2024-05-01'", DAY),
    "instant": ("datetime", 'days("p")', "timestamp'2024-05-01 12:00:00'", INSTANT),
    "instant by hour": ("datetime", 'hours("p")', "timestamp'2024-05-01 12:00:00'", INSTANT),
    "list": ("list[str]", "()", "array('a')", ["a"]),
    "gone": (None, "()", None, None),
}
# The possible next states of rows in the first state.
FOLLOWS = {
    ("text", "text or null"),
    ("text", "text in buckets"),
    ("text", "text, its beginning"),
    ("text", "text, unpartitioned"),
    ("text in buckets", "text"),
    ("text, unpartitioned", "text"),
    ("int", "bigint"),
    ("int", "bigint in steps"),
    ("int in steps", "bigint in steps"),
    ("decimal", "wider decimal"),
    ("instant", "instant by hour"),
}
# Both of their rows are in one partition of the second state.
SAME_PARTITION = {
    ("text", "text in buckets"),
    ("text", "text, its beginning"),
    ("text in buckets", "text"),
    ("int in steps", "bigint in steps"),
    ("instant", "instant by hour"),
}
REFUSED = {
    ("text or null", "text"),
    ("text", "int"),
    ("bigint", "int"),
    ("wider decimal", "decimal"),
    ("date", "instant"),
    ("text", "gone"),
    ("text in buckets", "list"),
}


KEEPING = ("append", "merge", "overwrite_partitions")
BEGIN = """
@pipeline(sources={"start": files("start.csv", schema=Start)}, target=Start)
def begin(start):
    return start
"""


@dataclass(frozen=True)
class Written:
    """A table in one of the states, with one row to write."""

    state: str
    mode: str = "overwrite"

    @property
    def field(self):
        type_ = STATES[self.state][0]
        return f"    p: {type_}\n" if type_ else ""

    def declared(self, name, n):
        _, by, sql, _ = STATES[self.state]
        shown = f', "{sql} as p"' if self.field else ""
        contract = f"""
class T_{name}(SilverTable, key="n", partition_by={by}):
    n: int
{self.field}"""
        pipeline = f"""
@pipeline(sources={{"start": Start}}, target=T_{name}, mode="{self.mode}")
def write_{name}(start):
    return start.selectExpr("{n}L as n"{shown})
"""
        return contract, pipeline

    def row(self, n):
        return {"n": n, "p": STATES[self.state][3]} if self.field else {"n": n}


def column(state):
    """Return the name of a state's column in the common table."""
    return f"p{list(STATES).index(state)}"


def nullable(state):
    type_, equals, rest = STATES[state][0].partition(" =")
    return f"    {column(state)}: {type_.removesuffix(' | None')} | None{equals}{rest}\n"


def declare(project, tables, n):
    """Declare a pipeline for each table, and one more with all of them as its sources."""
    contracts, pipelines = "class Start(BronzeTable):\n    i: int\n", BEGIN
    for name, table in tables.items():
        contract, pipeline = table.declared(name, n)
        contracts += contract
        pipelines += pipeline
    states = dict.fromkeys(table.state for table in tables.values() if table.field)
    contracts += "\nclass After(GoldTable):\n    origin: str\n    n: int\n"
    contracts += "".join(nullable(state) for state in states)
    pipelines += reader(tables)
    project.declare(contracts, pipelines)
    project.land("start.csv", "i\n1\n")


def reader(tables):
    sources = ", ".join(f'"{name}": T_{name}' for name in tables)
    rows = ""
    for name, table in tables.items():
        shown = f', "p as {column(table.state)}"' if table.field else ""
        rows += f"""        {name}.selectExpr("'{name}' as origin", "n"{shown}),\n"""
    return f"""
from functools import reduce

@pipeline(sources={{{sources}}}, target=After)
def read({", ".join(tables)}):
    rows = [
{rows}    ]
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), rows)
"""


def assert_rows(project, tables, rows):
    after = project.arrow("after").sort_by("n").to_pylist()
    for name, table in tables.items():
        found = project.arrow(f"t_{name}").sort_by("n").to_pylist()
        assert found == rows[name], name
        scanned = project.table(f"t_{name}").scan().to_arrow().sort_by("n").to_pylist()
        assert scanned == rows[name], name
        columns = {"n": "n"} | ({"p": column(table.state)} if table.field else {})
        read = [
            {key: row[c] for key, c in columns.items()} for row in after if row["origin"] == name
        ]
        assert read == rows[name], name


def walk(project, walks):
    """Take each table from state to state along its walk, all tables in step."""
    for n in range(max(map(len, walks.values()))):
        tables = {name: Written(states[n]) for name, states in walks.items() if n < len(states)}
        declare(project, tables, n)
        begin = () if n else ("begin",)
        project.run(*begin, *(f"write_{name}" for name in tables), "read").all_succeeded()
        assert_rows(project, tables, {name: [table.row(n)] for name, table in tables.items()})
        for name in tables:
            snapshots = project.table(f"t_{name}").metadata.snapshots
            assert len(snapshots) == n + 1, name
            assert snapshots[-1].summary["total-records"] == "1", name


ANY_CHANGE = ["text or null", "text", "int", "gone", "text", "instant", "list", "text"]


@pytest.mark.parametrize(
    "steps", [(1, 3), pytest.param((5, 7, 9, 11), marks=pytest.mark.nightly)], ids=str
)
def test_with_overwrite_any_state_follows_any_other(project, steps):
    """Each state follows several others, each of them once."""
    names = list(STATES)
    around = {
        f"by_{step}": [names[n * step % len(names)] for n in range(len(names))] for step in steps
    }
    walk(project, {**around, "any": ANY_CHANGE})


@pytest.mark.parametrize("engine", ["spark"])
def test_with_overwrite_any_change_goes_on_spark(project):
    walk(project, {"any": ANY_CHANGE})


def name_of(first, second, mode):
    return f"{first} {second} {mode}".replace(",", "").replace(" ", "_")


def test_rows_of_before_follow_where_they_can(project):
    before, tables, rows = {}, {}, {}
    for (first, second), mode in product(sorted(FOLLOWS), KEEPING):
        partitioned = "unpartitioned" not in first and "unpartitioned" not in second
        if mode == "overwrite_partitions" and not partitioned:
            continue
        name = name_of(first, second, mode)
        before[name], tables[name] = Written(first, mode), Written(second, mode)
        replaced = mode == "overwrite_partitions" and (first, second) in SAME_PARTITION
        rows[name] = [*([] if replaced else [before[name].row(1)]), tables[name].row(2)]
    declare(project, before, 1)
    project.run().all_succeeded()
    declare(project, tables, 2)
    project.run().all_succeeded()
    assert_rows(project, tables, rows)


def test_what_they_cannot_follow_is_refused(project):
    before, tables = {}, {}
    for (first, second), mode in product(sorted(REFUSED), ("append", "merge")):
        name = name_of(first, second, mode)
        before[name], tables[name] = Written(first, mode), Written(second, mode)
    declare(project, before, 1)
    project.run().all_succeeded()
    declare(project, tables, 2)
    ran = project.run(*(f"write_{name}" for name in tables))
    for name, table in before.items():
        error = ran.error(f"write_{name}")
        assert isinstance(error, SchemaError), name
        assert f"cannot follow T_{name}" in error.message
        assert project.arrow(f"t_{name}").to_pylist() == [table.row(1)], name


@each_engine
def test_a_decimal_whose_step_begins_below_all_decimals_of_its_type_is_refused(project):
    digits = {"p": (3, 1, 10), "q": (38, 0, 7)}  # 10 ** 38 - 2 is a multiple of 7
    fields = [
        f"    {name}: Decimal | None = Field(max_digits={p}, decimal_places={s})\n"
        for name, (p, s, _) in digits.items()
    ]
    by = ", ".join(f'truncate({width}, "{name}")' for name, (_, _, width) in digits.items())
    contracts = f"class Raw(BronzeTable):\n    n: int\n{''.join(fields)}"
    pipelines = """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
"""
    modes = ("overwrite", *KEEPING)
    for mode in modes:
        contracts += f"""
class T_{mode}(SilverTable, key="n", partition_by=[{by}]):
    n: int
{"".join(fields)}"""
        pipelines += f"""
@pipeline(sources={{"raw": Raw}}, target=T_{mode}, mode="{mode}")
def write_{mode}(raw):
    return raw
"""
    project.declare(contracts, pipelines)
    nines = 10**38 - 1
    rows = [(1, "-99.0", -nines + 1), (2, "99.9", nines), (3, "", "")]
    project.land("raw.csv", csv_of("n,p,q", rows))
    project.run().all_succeeded()
    expected = [
        (1, Decimal("-99.0"), Decimal(-nines + 1)),
        (2, Decimal("99.9"), Decimal(nines)),
        (3, None, None),
    ]
    for mode in modes:
        assert project.rows(f"t_{mode}", "n", "p", "q") == expected, mode
    for row, name, transform, value in [
        ((4, "-99.1", 0), "p", "truncate(10, p)", "-99.1"),
        ((4, "0.0", -nines), "q", "truncate(7, q)", f"{-nines}"),
    ]:
        project.land("raw.csv", csv_of("n,p,q", [row]))
        ran = project.run()
        for mode in modes:
            error = ran.error(f"write_{mode}")
            assert isinstance(error, SchemaError), (mode, error)
            assert f"{transform} has no partition for 1 value of column {name!r}" in error.message
            assert error.message.endswith(f": '{value}'"), mode
            assert project.rows(f"t_{mode}", "n", "p", "q") == expected, mode
