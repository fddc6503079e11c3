"""A Glue job on Spark's JVM reads and writes what its change concerns: new rows once, and no other files."""

from pathlib import Path
from textwrap import dedent

import pyarrow.parquet as pq
import pytest

from alur.errors import EngineError, QualityError
from alur.runtime.tables.spark_procedures import combine_files
from tests.integration.test_glue_jobs import KEYED, LOAD, RAW
from tests.spark_project import needs_iceberg_for_spark
from tests.tiny_project import csv_of

pytestmark = needs_iceberg_for_spark

IN_ONE_FILE = LOAD.replace("return raw", "return raw.coalesce(1)")


@pytest.fixture
def project(spark_project):
    return spark_project


def data_files(project, table):
    """Return the paths of a table's data files."""
    tasks = project.table(table).scan().plan_files()
    return {Path(task.file.file_path.removeprefix("file:")) for task in tasks}


def damage(files):
    """Let every read of data files fail."""
    for file in files:
        file.write_bytes(b"")
        file.with_name(f".{file.name}.crc").unlink(missing_ok=True)


# --- the landing files of a run -----------------------------------------------------------------------------------


def test_new_files_are_found_without_reading_data_files(project):
    project.declare(RAW, LOAD)
    for name in ("a", "c"):
        project.land(f"raw/{name}.csv", "id,name\n1,a\n")
        project.run().all_succeeded()
    damage(data_files(project, "raw"))
    for name in ("b", "d"):
        project.land(f"raw/{name}.csv", "id,name\n2,b\n")
    assert project.run().succeeded("load").files == {"raw": ("raw/b.csv", "raw/d.csv")}


def test_only_data_files_whose_bounds_leave_a_doubt_are_read(project):
    project.declare(RAW, IN_ONE_FILE)
    for batch in (("a", "c"), ("e",), ("g",)):
        for name in batch:
            project.land(f"raw/{name}.csv", "id,name\n1,a\n")
        project.run().all_succeeded()
    damage(file for file in data_files(project, "raw") if len(pq.read_table(file)) == 1)
    project.land("raw/b.csv", "id,name\n2,b\n")
    assert project.run().succeeded("load").files == {"raw": ("raw/b.csv",)}


def test_a_file_whose_rows_another_tool_deleted_is_taken_again(project):
    """The tool leaves data files as they are, and lists deleted rows in other files, as Athena does."""
    delete = """
    @pipeline(sources={"raw": Raw}, target=Copy)
    def copy(raw):
        table = "glue_catalog.DATABASE_bronze.raw"
        raw.sparkSession.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')")
        raw.sparkSession.sql(f"DELETE FROM {table} WHERE _source_file = 'raw/a.csv'")
        return raw.select("id", "name")
    """.replace("DATABASE", project.databases)
    copy = RAW.replace("Raw(BronzeTable", "Copy(SilverTable")
    project.declare(RAW + copy, IN_ONE_FILE + delete)
    project.land("raw/a.csv", "id,name\n1,a\n")
    project.land("raw/b.csv", "id,name\n2,b\n")
    project.run().all_succeeded()
    assert project.run("load").succeeded("load").files == {"raw": ("raw/a.csv",)}


# --- rows are written once, and checked on a branch ----------------------------------------------------------------

POSITIVE = RAW.replace("id: int", "id: int = Field(ge=1)")
FOREIGN = "INSERT INTO {table} SELECT 9, name, _ingested_at, 'x', 'theirs' FROM {table} LIMIT 1"
COMPACTION = combine_files("{table}", 2)


def branches(project):
    """Return the branches of the table by name, without its main one."""
    return {name: ref for name, ref in project.table("raw").refs().items() if name != "main"}


def meanwhile(project, statement):
    """Let another program execute a statement between the check and the write of each run."""
    project.before_write = statement.format(table=f"glue_catalog.{project.databases}_bronze.raw")


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_refused_rows_stay_on_a_branch_until_the_next_good_run(project, mode):
    project.declare(POSITIVE, LOAD.replace("append", mode))
    project.land("raw/a.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    project.land("raw/b.csv", "id,name\n0,b\n")
    ran = project.run()
    assert isinstance(ran.error("load"), QualityError)
    ((branch, ref),) = branches(project).items()
    assert f"the branch {branch} of bronze.raw has the rows until the next good run" in ran.notices
    assert project.rows("raw", "id") == [(1,)]
    refused = project.table("raw").scan(snapshot_id=ref.snapshot_id)
    assert sorted(refused.to_arrow()["id"].to_pylist()) == [0, 1]
    files = {Path(task.file.file_path.removeprefix("file:")) for task in refused.plan_files()}
    files -= data_files(project, "raw")
    project.land("raw/b.csv", "id,name\n2,b\n")
    project.run().all_succeeded()
    assert branches(project) == {}
    assert project.rows("raw", "id") == [(1,), (2,)]
    assert [file for file in files if file.exists()] == []
    assert len(project.snapshots()["bronze.raw"]) == 2


def test_only_branches_of_runs_are_removed_and_no_snapshot_of_the_table(project):
    """A run that was killed after its commit, or before its write, leaves a branch at a snapshot of the table."""
    project.declare(RAW, LOAD)
    for name, branch in (("a", "audit"), ("b", "alur_run_killed"), ("c", "alur_run_killed")):
        project.land(f"raw/{name}.csv", "id,name\n1,a\n")
        project.run().all_succeeded()
        meanwhile(project, f"ALTER TABLE {{table}} CREATE BRANCH {branch}")
    project.land("raw/d.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    assert set(branches(project)) == {"audit"}
    assert len(project.rows("raw")) == len(project.snapshots()["bronze.raw"]) == 4


def test_rows_that_the_table_cannot_hold_are_named_as_by_any_other_run(project):
    """Nulls in required columns, values lost by a cast, and decimals without a partition never get into a file."""
    contracts = """
    class Raw(BronzeTable):
        id: int
        name: str | None
        amount: float

    class T(SilverTable, partition_by=truncate(10, "amount")):
        name: str
        amount: Decimal = Field(max_digits=3, decimal_places=0)
    """
    write = """
    @pipeline(sources={"raw": Raw}, target=T, mode="append")
    def write(raw):
        return raw.select("name", "amount")
    """
    project.declare(contracts, LOAD.replace("append", "overwrite") + write)
    messages = []
    for row in ("1,a,1", "1,,1", "1,a,1e9", "1,a,-995"):
        project.land("raw/a.csv", f"id,name,amount\n{row}\n")
        ran = project.run()
        messages.append(ran.error("write").message if messages else ran.all_succeeded() and "")
    assert "1 of 1 row violates: name must not be null" in messages[1]
    assert "1 value of column 'amount' cannot become decimal(3,0): '1.0E9'" in messages[2]
    assert "has no partition for 1 value of column 'amount'" in messages[3]
    assert project.rows("t") == [("a", 1)]
    assert set(project.table("t").refs()) == {"main"}


def test_names_that_files_write_in_another_way_are_read_again(project):
    """Avro permits no combining marks in names, so Iceberg writes other names into Parquet."""
    contracts = """
    class Part(BaseModel):
        हिन्दी: int = Field(ge=1)

    class T(SilverTable):
        part: Part
        parts: list[Part]
        by_name: dict[str, Part]
    """
    write = """
    @pipeline(sources={"raw": Raw}, target=T, mode="append")
    def write(raw):
        part = F.struct(F.col("id").alias("हिन्दी"))
        return raw.select(part.alias("part"), F.array(part).alias("parts"), F.create_map("name", part).alias("by_name"))
    """
    project.declare(RAW + contracts, LOAD.replace("append", "overwrite") + write)
    project.land("raw/a.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    project.run().all_succeeded()
    assert project.rows("t", "part") == [({"हिन्दी": 1},)] * 2
    project.land("raw/a.csv", "id,name\n0,a\n")
    message = project.run().error("write").message
    for path in ("part", "parts.element", "by_name.value"):
        assert f"1 of 1 row violates: {path}.हिन्दी must be at least 1" in message


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_files_without_a_key_near_the_new_ones_are_not_read(project, mode):
    """The check of keys, the comparison of rows, and the merge itself look only at files with keys in the new range."""
    contracts = """
    class T(SilverTable, key=("day", "code")):
        day: date
        code: str
        n: int
    """
    write = f"""
    @pipeline(sources={{"raw": Raw}}, target=T, mode="{mode}")
    def write(raw):
        return raw.select("day", "code", "n")
    """
    raw = "class Raw(BronzeTable):\n    day: date\n    code: str\n    n: int\n"
    project.declare(raw + dedent(contracts), dedent(LOAD.replace("append", "overwrite") + write))
    rows = [[(f"2026-01-0{day}", code, day) for code in "ac"] for day in (1, 2, 3)]
    for batch in rows:
        project.land("raw/a.csv", csv_of("day,code,n", batch))
        project.run().all_succeeded()
    near = {f for f in data_files(project, "t") if pq.read_table(f)["n"].to_pylist() == [2, 2]}
    damage(data_files(project, "t") - near)
    project.land("raw/a.csv", csv_of("day,code,n", [("2026-01-02", "b", 7)]))
    project.run().all_succeeded()
    present = [
        row
        for f in data_files(project, "t")
        if f.stat().st_size
        for row in pq.read_table(f)["code"].to_pylist()
    ]
    assert sorted(present) == ["a", "b", "c"]


def test_the_same_rows_are_compared_with_those_of_their_partitions_alone(project):
    """Files of these partitions may have narrower types, and lack a new column."""
    contracts = """
    class Raw(BronzeTable):
        day: date
        shop: str | None
        n: Int32

    class T(SilverTable, partition_by=(days("day"), "shop")):
        day: date
        shop: str | None
        n: Int32
    """
    write = """
    @pipeline(sources={"raw": Raw}, target=T, mode="overwrite_partitions")
    def write(raw):
        return raw.select("day", "shop", "n")
    """
    contracts, pipelines = dedent(contracts), dedent(LOAD.replace("append", "overwrite") + write)
    project.declare(contracts, pipelines)
    days = [[(f"2026-01-0{day}", shop, day) for shop in ("", "b", "c")] for day in (1, 2, 3)]

    def ran(*rows):
        project.land("raw/a.csv", csv_of("day,shop,n", rows))
        return project.run().succeeded("write").commit

    assert ran(*days[0], *days[2], *days[1])
    contracts = contracts.replace("Int32", "int") + "    more: str | None\n"
    more = 'raw.withColumn("more", F.lit(None).cast("string")).select("day", "shop", "n", "more")'
    project.declare(contracts, pipelines.replace('raw.select("day", "shop", "n")', more))
    assert ran(*days[2])
    files = {file for file in data_files(project, "t") if "2026-01-02" not in str(file)}
    assert len(files) == 6
    damage(files)
    assert ran(*reversed(days[1])) is None
    assert ran(*days[1][1:]) is None
    assert ran((*days[1][0][:2], 7)).rows_written == 1


def test_no_rows_replace_no_partition(project):
    contracts = """
    class T(SilverTable, partition_by="name"):
        id: int = Field(ge=1)
        name: str | None
    """
    write = """
    @pipeline(sources={"raw": Raw}, target=T, mode="overwrite_partitions")
    def write(raw):
        return raw.select("id", "name")
    """
    project.declare(RAW + contracts, LOAD.replace("append", "overwrite") + write)
    for rows, written in (("1,a\n2,b\n", 2), ("", 0), ("3,b\n", 1)):
        project.land("raw/a.csv", f"id,name\n{rows}")
        commit = project.run().succeeded("write").commit
        assert (commit.rows_written, commit.rows_carried, commit.total_rows) == (written, 0, 2)
    assert project.rows("t") == [(1, "a"), (3, "b")]


# --- another program commits between the check and the write ------------------------------------------------------


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_write_that_depends_on_rows_is_refused_when_they_have_changed(project, mode):
    project.declare(KEYED, LOAD.replace("append", mode))
    project.land("raw/1.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    meanwhile(project, FOREIGN)
    project.land("raw/2.csv", "id,name\n2,b\n")
    error = project.run().error("load")
    assert isinstance(error, EngineError)
    assert "another run has written bronze.raw" in error.message
    assert project.rows("raw", "id") == [(1,), (9,)]


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_compaction_meanwhile_changes_nothing(project, mode):
    project.declare(KEYED, LOAD.replace("append", mode))
    for number, name in ((1, "a"), (2, "b")):
        project.land(f"raw/{number}.csv", f"id,name\n{number},{name}\n")
        project.run().all_succeeded()
    meanwhile(project, COMPACTION)
    project.land("raw/3.csv", f"id,name\n{2 if mode == 'merge' else 3},c\n")
    commit = project.run().succeeded("load").commit
    operations = [s.summary.operation.value for s in project.table("raw").metadata.snapshots]
    assert "replace" in operations
    expected = [(1, "a"), (2, "c")] if mode == "merge" else [(1, "a"), (2, "b"), (3, "c")]
    assert project.rows("raw") == expected
    assert (commit.rows_written, commit.total_rows) == (1, len(expected))
    assert branches(project) == {}


def test_a_write_that_depends_on_no_rows_is_written_upon_others(project):
    """An overwrite takes no note of what it replaces."""
    project.declare(RAW, LOAD.replace("append", "overwrite"))
    project.land("raw/1.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    meanwhile(project, FOREIGN)
    project.run().all_succeeded()
    assert project.rows("raw", "id") == [(1,)]
    assert branches(project) == {}
