"""A contract changes: what a table can follow it follows, in every mode; what it cannot is refused with all as it was."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from alur.errors import SchemaError
from tests.engines import each_engine

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


def declare(project, fields, mode, n, partition='days("at")'):
    """One row of number ``n`` goes into the table, which then has those fields."""
    names = [line.partition(":")[0].strip() for line in fields.strip().splitlines()]
    columns = ", ".join(f'{VALUES[name].format(n=n)}.alias("{name}")' for name in names)
    body = "\n".join(f"        {line.strip()}" for line in fields.strip().splitlines())
    by = f", partition_by={partition}" if partition else ""
    project.declare(
        f"""
    class Start(BronzeTable):
        i: int

    class T(SilverTable, key="n"{by}):
{body}

    class After(GoldTable):
{body}
""",
        f"""
    @pipeline(sources={{"start": files("start.csv", schema=Start)}}, target=Start)
    def begin(start):
        return start

    @pipeline(sources={{"start": Start}}, target=T, mode="{mode}")
    def write(start):
        return start.select({columns})

    @pipeline(sources={{"t": T}}, target=After)
    def read(t):
        return t
""",
    )
    project.land("start.csv", "i\n1\n")


def assert_readable(project, rows):
    """The same rows for PyIceberg itself, for Alur, and for the engine that reads the table as a source."""
    assert project.rows("t", *rows[0]) == [tuple(row.values()) for row in rows]
    found = project.table("t").scan().to_arrow().sort_by("n").select(list(rows[0])).to_pylist()
    assert found == rows
    assert project.rows("after", *rows[0]) == [tuple(row.values()) for row in rows]


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


@pytest.mark.parametrize("mode", [*KEEPING, "overwrite"])
@pytest.mark.parametrize("change", COMPATIBLE)
def test_a_table_follows_a_compatible_change(project, mode, change):
    fields, before, after = COMPATIBLE[change]
    declare(project, OLD, mode, 1)
    project.run().all_succeeded()
    declare(project, fields, mode, 2)
    project.run().all_succeeded()
    kept = [] if mode == "overwrite" else [row(1, **before)]
    assert_readable(project, [*kept, row(2, **after)])


@pytest.mark.parametrize("mode", [*KEEPING, "overwrite"])
def test_what_a_table_follows_is_told_once(project, mode):
    declare(project, OLD, mode, 1)
    assert followed(project.run()) == []
    fields, _, _ = COMPATIBLE["all at once"]
    declare(project, fields, mode, 2)
    told = followed(project.run())
    assert [text.partition(": ")[0] for text in told] == [
        "the table silver.t has followed its contract",
        "the table gold.after has followed its contract",
    ]
    for text in told:
        assert sorted(text.partition(": ")[2].split("; ")) == [
            "b was added",
            "d: decimal(6,2) became decimal(20,2)",
            "f: float became double",
            "n: int became bigint",
            "s became nullable",
        ]
    declare(project, fields, mode, 3)
    assert followed(project.run()) == []


def followed(ran):
    return [text for text in ran.all_succeeded().notices if "followed" in text]


@each_engine
def test_both_engines_read_what_has_grown(project):
    fields, before, after = COMPATIBLE["all at once"]
    declare(project, OLD, "append", 1)
    project.run().all_succeeded()
    declare(project, fields, "append", 2)
    project.run().all_succeeded()
    assert_readable(project, [row(1, **before), row(2, **after)])


@pytest.mark.parametrize("mode", KEEPING)
@pytest.mark.parametrize("change", BREAKING)
def test_a_breaking_change_is_refused(project, mode, change):
    fields, message = BREAKING[change]
    declare(project, OLD, mode, 1)
    project.run().all_succeeded()
    before = project.snapshots()
    metadata = project.table("t").metadata_location
    declare(project, fields, mode, 2)
    if "x: str" in fields or "list[str]" in fields:
        project.write(
            {
                "pipelines.py": (project.root / "pipelines.py")
                .read_text()
                .replace("F.lit('s2').alias(\"s\")", "F.array(F.lit('x')).alias(\"s\")")
            }
        )
    error = project.run("write").error("write")
    assert isinstance(error, SchemaError), error
    assert f"the table silver.t cannot follow T: {message}" in error.message
    assert 'mode="overwrite"' in error.remedy
    assert (error.where.path, error.where.line) == project.line_of("contracts.py", "class T(")
    assert project.table("t").metadata_location == metadata
    assert project.snapshots() == before


@pytest.mark.parametrize("change", BREAKING)
def test_overwrite_takes_any_change(project, change):
    fields, _ = BREAKING[change]
    declare(project, OLD, "overwrite", 1)
    project.run().all_succeeded()
    declare(project, fields, "overwrite", 2)
    if "list[str]" in fields:
        project.write(
            {
                "pipelines.py": (project.root / "pipelines.py")
                .read_text()
                .replace("F.lit('s2').alias(\"s\")", "F.array(F.lit('x')).alias(\"s\")")
            }
        )
    project.run().all_succeeded()
    names = [line.partition(":")[0].strip() for line in fields.strip().splitlines()]
    expected = row(2, b="b2", x="x")
    if "list[str]" in fields:
        expected["s"] = ["x"]
    assert_readable(project, [{name: expected[name] for name in names}])
    schema = project.table("t").schema()
    assert {field.name for field in schema.fields} == set(names)


PARTITIONS = (None, 'days("at")', 'bucket(4, "s")', 'bucket(8, "s")', '["s", hours("at")]')


@pytest.mark.parametrize("mode", ["append", "merge", "overwrite"])
def test_the_partitioning_changes_there_and_back(project, mode):
    rows = []
    for step, partition in enumerate((*PARTITIONS, *PARTITIONS[-2::-2])):
        n = step % 3 + 1 if mode != "append" else step
        values = VALUES["at"]
        declare(project, OLD, mode, n, partition)
        text = (project.root / "pipelines.py").read_text()
        project.write(
            {"pipelines.py": text.replace(values.format(n=n), values.format(n=n % 3 + 1))}
        )
        project.run().all_succeeded()
        new = row(1) | {"n": n, "at": NOON[n % 3 + 1], "s": f"s{n}"}
        kept = [] if mode == "overwrite" else [old for old in rows if old["n"] != n]
        rows = sorted([*kept, new], key=lambda found: found["n"])
        assert_readable(project, rows)
        spec = [str(field.transform) for field in project.table("t").spec().fields]
        assert len(spec) == (0 if partition is None else partition.count('"') // 2)
        files = project.table("t").inspect.files()
        assert set(files["spec_id"].to_pylist()) == {project.table("t").spec().spec_id}


def test_partitions_are_replaced_by_the_new_partitioning(project):
    declare(project, OLD, "append", 1, None)
    project.run().all_succeeded()
    declare(project, OLD, "append", 2, None)
    project.run().all_succeeded()
    declare(project, OLD, "overwrite_partitions", 2, 'days("at")')
    project.run().all_succeeded()
    assert_readable(project, [row(1), row(2)])


def test_the_partition_column_itself_changes(project):
    without = OLD.replace("    s: str\n", "")
    for fields, partition in ((OLD, '"s"'), (without, '"n"'), (without, None)):
        declare(project, fields, "overwrite", 1, partition)
        project.run().all_succeeded()
    left = row(1)
    del left["s"]
    assert_readable(project, [left])


def test_readers_of_an_older_table_see_nulls_until_it_is_written(project):
    declare(project, OLD, "append", 1)
    project.run().all_succeeded()
    declare(project, OLD + "    b: str | None", "append", 2)
    project.run("read").all_succeeded()
    assert project.rows("after", "n", "b") == [(1, None)]
    declare(project, OLD + "    b: str", "append", 2)
    error = project.run("read").error("read")
    assert "silver.t has no column 'b' yet" in error.message
    assert (error.where.path, error.where.line) == project.line_of("contracts.py", "class T(")


def test_descriptions_follow(project):
    declare(project, OLD, "append", 1)
    project.run().all_succeeded()
    declare(
        project, OLD.replace("s: str", 's: str = Field(description="What it says")'), "append", 2
    )
    project.run().all_succeeded()
    assert project.table("t").schema().find_field("s").doc == "What it says"
    assert_readable(project, [row(1), row(2)])
