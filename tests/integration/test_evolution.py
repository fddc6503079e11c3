"""A contract changes: a table follows if it can, in every mode; otherwise the run is refused, and nothing changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from itertools import product

import pytest

from alur.errors import SchemaError

OLD = """
    n: Int32
    f: Float32
    d: Decimal = Field(max_digits=6, decimal_places=2)
    at: datetime
    s: str
"""
VALUES = {
    "n": "F.lit({n})",
    "f": "F.lit(0.5)",
    "d": "F.lit(1.25)",
    "at": "F.lit('2024-05-0{n} 12:00:00')",
    "s": "F.lit('s{n}')",
    "b": "F.lit('b{n}')",
    "l": "F.array(F.lit('x'))",
    "x": "F.lit('x')",
}
KEEPING = ("append", "merge", "overwrite_partitions")
NOON = {n: datetime(2024, 5, n, 12, tzinfo=timezone.utc) for n in (1, 2, 3)}


BEGIN = """
@pipeline(sources={"start": files("start.csv", schema=Start)}, target=Start)
def begin(start):
    return start
"""


@dataclass(frozen=True)
class Written:
    """A table's declaration, and the number of the one row written by a run."""

    mode: str
    fields: str
    n: int
    partition: str | None = 'days("at")'
    values: Mapping[str, str] = field(default_factory=dict)

    def columns(self):
        expressions = {**VALUES, **self.values}
        names = [line.partition(":")[0].strip() for line in self.fields.strip().splitlines()]
        return {name: expressions[name].format(n=self.n) for name in names}

    def body(self):
        return "".join(f"    {line.strip()}\n" for line in self.fields.strip().splitlines())


def declare(project, tables):
    """Declare a pipeline for each table, and one more for each set of columns, which reads its tables as sources."""
    contracts, pipelines = "class Start(BronzeTable):\n    i: int\n", BEGIN
    for name, table in tables.items():
        by = f", partition_by={table.partition}" if table.partition else ""
        contracts += f'\nclass T_{name}(SilverTable, key="n"{by}):\n{table.body()}'
        columns = ", ".join(f'{value}.alias("{c}")' for c, value in table.columns().items())
        pipelines += f"""
@pipeline(sources={{"start": Start}}, target=T_{name}, mode="{table.mode}")
def write_{name}(start):
    return start.select({columns})
"""
    for number, names in enumerate(alike(tables)):
        contracts += f"\nclass After_{number}(GoldTable):\n    origin: str\n"
        contracts += tables[names[0]].body()
        sources = ", ".join(f'"{name}": T_{name}' for name in names)
        marked = [f'{name}.withColumn("origin", F.lit("{name}"))' for name in names]
        pipelines += f"""
@pipeline(sources={{{sources}}}, target=After_{number})
def read_{number}({", ".join(names)}):
    return {marked[0]}{"".join(f".unionByName({other})" for other in marked[1:])}
"""
    project.declare(contracts, pipelines)
    project.land("start.csv", "i\n1\n")


def alike(tables):
    """Return the names of tables, grouped by their columns."""
    groups = {}
    for name, table in tables.items():
        groups.setdefault(table.fields, []).append(name)
    return list(groups.values())


def write_all(project, tables):
    begun = (project.root / "landing/start.csv").exists()
    declare(project, tables)
    names = [f"write_{name}" for name in tables]
    names += [f"read_{number}" for number in range(len(alike(tables)))]
    return project.run(*(() if begun else ("begin",)), *names).all_succeeded()


def assert_readable(project, tables, rows):
    """Assert that PyIceberg, Alur and the engine read the same rows."""
    after = {}
    for number in range(len(alike(tables))):
        for found in project.arrow(f"after_{number}").sort_by("n").to_pylist():
            after.setdefault(found["origin"], []).append(found)
    assert set(after) == set(rows)
    for name, expected in rows.items():
        columns = list(expected[0])
        assert project.rows(f"t_{name}", *columns) == [tuple(r.values()) for r in expected], name
        found = project.table(f"t_{name}").scan().to_arrow().sort_by("n")
        assert found.select(columns).to_pylist() == expected, name
        assert [{c: row[c] for c in columns} for row in after[name]] == expected, name


def assert_snapshots_name_their_runs(project, names):
    for name in names:
        summaries = [snapshot.summary for snapshot in project.table(f"t_{name}").snapshots()]
        assert {summary["alur.pipeline"] for summary in summaries} == {f"write_{name}"}
        assert {len(summary["alur.code-version"]) for summary in summaries} == {12}, name
        assert len({summary["alur.run-id"] for summary in summaries}) == len(summaries), name


def named(mode, change):
    return f"{change}_{mode}".replace(" ", "_")


def row(n, **more):
    return {"n": n, "f": 0.5, "d": Decimal("1.25"), "at": NOON[n], "s": f"s{n}"} | more


COMPATIBLE = {
    "a new nullable column": (OLD + "    b: str | None", {"b": None}, {"b": "b2"}),
    "a new nullable list": (OLD + "    l: list[str] | None", {"l": None}, {"l": ["x"]}),
    "a new column in between": ("    b: str | None\n" + OLD.strip("\n"), {"b": None}, {"b": "b2"}),
    "int to bigint": (OLD.replace("Int32", "int"), {}, {}),
    "float to double": (OLD.replace("Float32", "float"), {}, {}),
    "a decimal of more digits": (OLD.replace("max_digits=6", "max_digits=20"), {}, {}),
    "a column that may be null": (OLD.replace("s: str", "s: str | None"), {}, {}),
    "all at once": (
        OLD.replace("Int32", "int")
        .replace("Float32", "float")
        .replace("=6", "=20")
        .replace("s: str", "s: str | None")
        + "    b: str | None",
        {"b": None},
        {"b": "b2"},
    ),
    "another order": ("\n".join(reversed(OLD.strip("\n").splitlines())), {}, {}),
}
BREAKING = {
    "dropped": (OLD.replace("    s: str\n", ""), "s was dropped"),
    "renamed": (OLD.replace("s: str", "x: str"), "s was dropped; x was added and is required"),
    "newly required": (OLD + "    b: str", "b was added and is required"),
    "narrowed": (
        OLD.replace("max_digits=6", "max_digits=5"),
        "d: decimal(6,2) became decimal(5,2)",
    ),
    "another scale": (OLD.replace("places=2", "places=3"), "d: decimal(6,2) became decimal(6,3)"),
    "another type": (OLD.replace("s: str", "s: list[str]"), "s: string became array<string>"),
}


MODES = (*KEEPING, "overwrite")


def test_tables_follow_compatible_changes(project):
    check_compatible(project, product(MODES, COMPATIBLE))


def check_compatible(project, combinations):
    """Write a row before and one after each change, in a table for each mode and change."""
    first, second, rows = {}, {}, {}
    for mode, change in combinations:
        fields, before, after = COMPATIBLE[change]
        name = named(mode, change)
        first[name], second[name] = Written(mode, OLD, 1), Written(mode, fields, 2)
        rows[name] = [*([] if mode == "overwrite" else [row(1, **before)]), row(2, **after)]
    write_all(project, first)
    write_all(project, second)
    assert_readable(project, second, rows)


def test_what_a_table_follows_is_told_once(project):
    check_notices(project, MODES)


def check_notices(project, modes):
    assert followed(write_all(project, {mode: Written(mode, OLD, 1) for mode in modes})) == []
    fields, _, _ = COMPATIBLE["all at once"]
    told = followed(write_all(project, {mode: Written(mode, fields, 2) for mode in modes}))
    names = [f"silver.t_{mode}" for mode in modes]
    assert sorted(text.partition(": ")[0] for text in told) == sorted(
        f"the table {name} was changed to match its contract" for name in (*names, "gold.after_0")
    )
    for text in told:
        changes = sorted(text.partition(": ")[2].split("; "))
        assert changes == [
            "b was added",
            "d: decimal(6,2) became decimal(20,2)",
            "f: float became double",
            "n: int became bigint",
            "s became nullable",
        ], text
    assert followed(write_all(project, {mode: Written(mode, fields, 3) for mode in modes})) == []


def followed(ran):
    return [text for text in ran.notices if "changed to match its contract" in text]


@pytest.mark.parametrize("engine", ["spark"])
def test_spark_reads_what_has_grown(project):
    check_compatible(project, [("append", "all at once")])


def changed(mode, change, n):
    """Return a table after a breaking change."""
    fields, _ = BREAKING[change]
    values = {"s": "F.array(F.lit('x'))"} if "list[str]" in fields else {}
    return Written(mode, fields, n, values=values)


def test_breaking_changes_are_refused(project):
    check_breaking(project, product(KEEPING, BREAKING))


def check_breaking(project, combinations):
    combinations = list(combinations)
    write_all(
        project, {named(mode, change): Written(mode, OLD, 1) for mode, change in combinations}
    )
    before = project.snapshots()
    names = [named(*combination) for combination in combinations]
    metadata = {name: project.table(f"t_{name}").metadata_location for name in names}
    declare(project, {named(*both): changed(*both, 2) for both in combinations})
    ran = project.run(*(f"write_{name}" for name in names))
    for name, (_, change) in zip(names, combinations, strict=True):
        error = ran.error(f"write_{name}")
        assert isinstance(error, SchemaError), (name, error)
        message = f"the table silver.t_{name} cannot follow T_{name}: {BREAKING[change][1]}"
        assert message in error.message, name
        assert 'mode="overwrite"' in error.remedy
        line = project.line_of("contracts.py", f"class T_{name}(")
        assert (error.where.path, error.where.line) == line
        assert project.table(f"t_{name}").metadata_location == metadata[name], name
    assert project.snapshots() == before


def test_overwrite_takes_any_change(project):
    check_overwriting(project, BREAKING)


def check_overwriting(project, changes):
    """Let a table follow each of the breaking changes; return the tables."""
    names = {change: named("overwrite", change) for change in changes}
    write_all(project, {name: Written("overwrite", OLD, 1) for name in names.values()})
    second = {name: changed("overwrite", change, 2) for change, name in names.items()}
    write_all(project, second)
    rows = {}
    for name, table in second.items():
        expected = row(2, b="b2", x="x")
        if "list[str]" in table.fields:
            expected["s"] = ["x"]
        rows[name] = [{column: expected[column] for column in table.columns()}]
        schema = project.table(f"t_{name}").schema()
        assert {field.name for field in schema.fields} == set(table.columns()), name
    assert_readable(project, second, rows)
    assert_snapshots_name_their_runs(project, second)
    return [f"t_{name}" for name in second]


PARTITIONS = (None, 'days("at")', 'bucket(4, "s")', 'bucket(8, "s")', '["s", hours("at")]')


def test_the_partitioning_changes_there_and_back(project):
    check_partitioning(project, ("append", "merge", "overwrite"), PARTITIONS)


def check_partitioning(project, modes, partitions):
    """Partition tables by one after the other, and back; after each change, a table has all of its rows."""
    rows = {mode: [] for mode in modes}
    for step, partition in enumerate((*partitions, *partitions[-2::-2])):
        tables = {}
        for mode in modes:
            n = step % 3 + 1 if mode != "append" else step
            day = n % 3 + 1
            at = {"at": VALUES["at"].format(n=day)}
            tables[mode] = Written(mode, OLD, n, partition, at)
            kept = [] if mode == "overwrite" else [old for old in rows[mode] if old["n"] != n]
            new = row(1) | {"n": n, "at": NOON[day], "s": f"s{n}"}
            rows[mode] = sorted([*kept, new], key=lambda found: found["n"])
        write_all(project, tables)
        assert_readable(project, tables, rows)
        for mode in modes:
            table = project.table(f"t_{mode}")
            spec = [str(field.transform) for field in table.spec().fields]
            assert len(spec) == (0 if partition is None else partition.count('"') // 2), mode
            assert set(table.inspect.files()["spec_id"].to_pylist()) == {table.spec().spec_id}, mode
    assert_snapshots_name_their_runs(project, modes)


def test_partitions_are_replaced_by_the_new_partitioning(project):
    write_all(project, {"a": Written("append", OLD, 1, None)})
    write_all(project, {"a": Written("append", OLD, 2, None)})
    tables = {"a": Written("overwrite_partitions", OLD, 2)}
    write_all(project, tables)
    assert_readable(project, tables, {"a": [row(1), row(2)]})


def test_the_partition_column_itself_changes(project):
    without = OLD.replace("    s: str\n", "")
    for fields, partition in ((OLD, '"s"'), (without, '"n"'), (without, None)):
        tables = {"a": Written("overwrite", fields, 1, partition)}
        write_all(project, tables)
    left = row(1)
    del left["s"]
    assert_readable(project, tables, {"a": [left]})


def test_readers_of_an_older_table_see_nulls_until_it_is_written(project):
    write_all(project, {"a": Written("append", OLD, 1)})
    declare(project, {"a": Written("append", OLD + "    b: str | None", 2)})
    project.run("read_0").all_succeeded()
    assert project.rows("after_0", "n", "b") == [(1, None)]
    declare(project, {"a": Written("append", OLD + "    b: str", 2)})
    error = project.run("read_0").error("read_0")
    assert "silver.t_a has no column 'b' yet" in error.message
    assert (error.where.path, error.where.line) == project.line_of("contracts.py", "class T_a(")


def test_descriptions_follow(project):
    write_all(project, {"a": Written("append", OLD, 1)})
    described = OLD.replace("s: str", 's: str = Field(description="What it says")')
    tables = {"a": Written("append", described, 2)}
    write_all(project, tables)
    assert project.table("t_a").schema().find_field("s").doc == "What it says"
    assert_readable(project, tables, {"a": [row(1), row(2)]})
