"""Keys of any name, repeated within a run or against kept rows, in every mode and on both engines."""

import json

import pytest

from alur.errors import QualityError
from alur.runtime.records import record_of
from tests.engines import each_engine
from tests.tiny_project import csv_of

# Names with a meaning in Alur's expressions, in SQL or among Spark's functions.
NAMES = (
    *("count", "Count", "rows", "keys", "value", "element", "item", "lost_count", "rule_0"),
    *("count_0", "alur_rows", "current_date", "row", "touched_0", "latest", "present", "x"),
)
# Several names in one table, where each could be confused with another; two that differ only in case cannot be in one.
TOGETHER = {
    "most": tuple(name for name in NAMES if name != "Count"),
    "others": ("Count", "Rows"),
    "count": ("count",),
}
ALONE = {f"t_{name.lower()}_{sum(map(ord, name))}": (name,) for name in NAMES}
MODES = ("overwrite", "append", "merge", "overwrite_partitions")


def declare(project, keys, modes):
    contracts = "class Raw(BronzeTable):\n    n: int\n"
    pipelines = """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
"""
    for table, names in keys.items():
        by = ", ".join(f'truncate(10, "{name}")' for name in names)
        fields = "".join(f"    {name}: int\n" for name in names)
        columns = ", ".join(f'(F.col("n") + {100 * n}).alias("{c}")' for n, c in enumerate(names))
        for mode in modes:
            contracts += f"""
class {mode}_{table}(SilverTable, key={names}, partition_by=[{by}]):
{fields}"""
            pipelines += f"""
@pipeline(sources={{"raw": Raw}}, target={mode}_{table}, mode="{mode}")
def write_{mode}_{table}(raw):
    return raw.select({columns})
"""
    project.declare(contracts, pipelines)


def run(project, *numbers):
    project.land("raw.csv", csv_of("n", [[n] for n in numbers]))
    return project.run()


def check_keys(project, keys, modes):
    """Check two runs with unique keys, and a third with one key three times."""
    declare(project, keys, modes)
    run(project, 1, 2).all_succeeded()
    run(project, 13, 14).all_succeeded()
    tables = [(mode, table, names) for table, names in keys.items() for mode in modes]

    def check_rows():
        for mode, table, names in tables:
            numbers = (13, 14) if mode == "overwrite" else (1, 2, 13, 14)
            rows = [tuple(n + 100 * place for place in range(len(names))) for n in numbers]
            assert project.rows(f"{mode}_{table}") == rows, (mode, names)

    check_rows()
    repeated = run(project, 25, 25, 25)
    for mode, table, names in tables:
        error = str(repeated.error(f"write_{mode}_{table}"))
        values = ", ".join(f"{name}={25 + 100 * place}" for place, name in enumerate(names))
        assert f"2 of 3 rows violate: {', '.join(names)} must be unique" in error, (mode, names)
        assert f"\n      {values} (3 rows)" in error, (mode, names)
    check_rows()


@each_engine
def test_a_key_may_have_any_name(project):
    check_keys(project, TOGETHER, MODES)


@pytest.mark.nightly
@each_engine
@pytest.mark.parametrize("mode", MODES)
def test_a_key_may_have_any_name_alone(project, mode):
    check_keys(project, ALONE, [mode])


@each_engine
def test_a_key_that_is_in_the_table_already_is_a_quality_error_of_its_pipeline_alone(project):
    project.declare(
        """
class Raw(BronzeTable):
    n: int

class Added(SilverTable, key="n"):
    n: int

class Other(GoldTable):
    n: int
""",
        """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=Added, mode="append")
def add(raw):
    return raw.select("n")

@pipeline(sources={"raw": Raw}, target=Other)
def other(raw):
    return raw.select("n")
""",
    )
    run(project, 1, 2).all_succeeded()
    ran = run(project, 1, 2, 3)
    failed = ran.outcomes["add"]
    assert isinstance(failed.error, QualityError)
    assert "2 of 3 rows violate: n must be unique" in failed.error.message
    assert type(failed.checks[-1].violations) is int
    # Dagster receives JSON.
    record = json.loads(json.dumps(record_of(project.load().pipeline("add"), failed)))
    assert [check["violations"] for check in record["checks"]] == [0, 2]
    assert ran.succeeded("other").commit.rows_written == 3


@each_engine
def test_a_changed_partitioning_does_not_let_a_key_in_twice(project):
    def declare(by):
        project.declare(
            f"""
class Raw(BronzeTable):
    id: int
    a: str
    b: str

class T(SilverTable, key="id", partition_by={by}):
    id: int
    a: str
    b: str
""",
            """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=T, mode="overwrite_partitions")
def write(raw):
    return raw
""",
        )

    def write(text):
        project.land("raw.csv", "id,a,b\n" + text)
        return project.run()

    declare('"a"')
    write("1,x,p\n2,y,q\n").all_succeeded()
    for by in ('"b"', 'bucket(7, "b")', 'truncate(1, "b")', '["a", "b"]'):
        declare(by)
        error = write("1,z,r\n").error("write")
        assert "1 of 1 row violates: id must be unique\n      id=1" in error.message
        assert project.rows("t") == [(1, "x", "p"), (2, "y", "q")]
    declare('"b"')
    # The row with the same key is in a replaced partition, by the new partitioning.
    write("1,z,p\n").all_succeeded()
    assert project.rows("t") == [(1, "z", "p"), (2, "y", "q")]
