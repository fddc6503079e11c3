"""The columns that a table is partitioned by change: with overwrite all rows are new; else rows follow, or are refused."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from alur.errors import SchemaError
from tests.engines import each_engine
from tests.tiny_project import csv_of

DAY = date(2024, 5, 1)
INSTANT = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
# The field's type, the partitioning, and a value in SQL and as the table has it.
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
# What rows of the first state can become.
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
# Of these both rows fall into one partition of the second state.
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


def declare(project, state, mode, n):
    type_, by, sql, _ = STATES[state]
    field = f"    p: {type_}\n" if type_ else ""
    shown = f', "{sql} as p"' if type_ else ""
    project.declare(
        f"""
class Start(BronzeTable):
    i: int

class T(SilverTable, key="n", partition_by={by}):
    n: int
{field}
class After(GoldTable):
    n: int
{field}""",
        f"""
@pipeline(sources={{"start": files("start.csv", schema=Start)}}, target=Start)
def begin(start):
    return start

@pipeline(sources={{"start": Start}}, target=T, mode="{mode}")
def write(start):
    return start.selectExpr("{n}L as n"{shown})

@pipeline(sources={{"t": T}}, target=After)
def read(t):
    return t
""",
    )
    project.land("start.csv", "i\n1\n")


def row(state, n):
    type_, _, _, value = STATES[state]
    return {"n": n, "p": value} if type_ else {"n": n}


def assert_rows(project, rows):
    for table in ("t", "after"):
        assert project.arrow(table).sort_by("n").to_pylist() == rows
    assert project.table("t").scan().to_arrow().sort_by("n").to_pylist() == rows


def walk(project, states):
    for n, state in enumerate(states):
        declare(project, state, "overwrite", n)
        project.run().all_succeeded()
        assert_rows(project, [row(state, n)])
        snapshots = project.table("t").metadata.snapshots
        assert len(snapshots) == n + 1
        assert snapshots[-1].summary["total-records"] == "1"


def test_with_overwrite_any_state_follows_any_other(project):
    # Each state comes once after each of several others.
    names = list(STATES)
    for step in (1, 3, 5):
        project.root = project.root.with_name(f"shop{step}")
        walk(project, [names[n * step % len(names)] for n in range(len(names))])


@each_engine
def test_with_overwrite_any_change_goes_on_both_engines(project):
    walk(project, ["text or null", "text", "int", "gone", "text", "instant", "list", "text"])


@pytest.mark.parametrize("mode", ["append", "merge", "overwrite_partitions"])
def test_rows_of_before_follow_where_they_can(project, mode):
    for first, second in sorted(FOLLOWS):
        project.root = project.root.with_name(
            f"{first} {second}".replace(",", "").replace(" ", "_")
        )
        partitioned = "unpartitioned" not in first and "unpartitioned" not in second
        if mode == "overwrite_partitions" and not partitioned:
            continue
        declare(project, first, mode, 1)
        project.run().all_succeeded()
        declare(project, second, mode, 2)
        project.run().all_succeeded()
        old = {"n": 1, "p": STATES[first][3]}
        replaced = mode == "overwrite_partitions" and (first, second) in SAME_PARTITION
        assert_rows(project, [*([] if replaced else [old]), row(second, 2)])


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_what_they_cannot_follow_is_refused(project, mode):
    for first, second in sorted(REFUSED):
        project.root = project.root.with_name(f"{first}_{second}".replace(" ", "_"))
        declare(project, first, mode, 1)
        project.run().all_succeeded()
        declare(project, second, mode, 2)
        error = project.run("write").error("write")
        assert isinstance(error, SchemaError), (first, second)
        assert "cannot follow T" in error.message
        assert project.arrow("t").to_pylist() == [row(first, 1)]


@each_engine
@pytest.mark.parametrize("mode", ["overwrite", "append", "merge", "overwrite_partitions"])
def test_a_decimal_whose_step_begins_below_all_decimals_of_its_type_is_refused(project, mode):
    digits = {"p": (3, 1, 10), "q": (38, 0, 7)}  # 10 ** 38 - 2 is a multiple of 7
    fields = [
        f"    {name}: Decimal | None = Field(max_digits={p}, decimal_places={s})\n"
        for name, (p, s, _) in digits.items()
    ]
    by = ", ".join(f'truncate({width}, "{name}")' for name, (_, _, width) in digits.items())
    project.declare(
        f"""
class Raw(BronzeTable):
    n: int
{"".join(fields)}
class T(SilverTable, key="n", partition_by=[{by}]):
    n: int
{"".join(fields)}""",
        f"""
@pipeline(sources={{"raw": files("raw.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=T, mode="{mode}")
def write(raw):
    return raw
""",
    )
    nines = 10**38 - 1
    rows = [(1, "-99.0", -nines + 1), (2, "99.9", nines), (3, "", "")]
    project.land("raw.csv", csv_of("n,p,q", rows))
    project.run().all_succeeded()
    expected = [
        (1, Decimal("-99.0"), Decimal(-nines + 1)),
        (2, Decimal("99.9"), Decimal(nines)),
        (3, None, None),
    ]
    assert project.rows("t", "n", "p", "q") == expected
    for row, column, transform, value in [
        ((4, "-99.1", 0), "p", "truncate(10, p)", "-99.1"),
        ((4, "0.0", -nines), "q", "truncate(7, q)", f"{-nines}"),
    ]:
        project.land("raw.csv", csv_of("n,p,q", [row]))
        error = project.run().error("write")
        assert isinstance(error, SchemaError), error
        assert f"{transform} has no partition for 1 value of column {column!r}" in error.message
        assert error.message.endswith(f": '{value}'")
        assert project.rows("t", "n", "p", "q") == expected
