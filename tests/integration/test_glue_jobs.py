"""A Glue job changes tables in S3 and in moto's Glue catalog as a local run does, with Sail as the engine."""

import time
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from alur.errors import EngineError, QualityError, SchemaError, TransformError
from alur.pipelines.modes import WRITE_MODES
from alur.runtime.job.arguments import JobArguments
from alur.runtime.job.runtime import glue_runtime
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.taken_files import taken_files
from alur.runtime.tables.write_plan import plan_write
from tests.integration import test_types as types
from tests.integration import test_write_modes as modes
from tests.tiny_project import csv_of

RAW = """
    class Raw(BronzeTable):
        id: int
        name: str | None
"""
KEYED = RAW.replace("BronzeTable", 'BronzeTable, key="id"')
LOAD = """
    @pipeline(sources={"raw": files("raw/*", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw
"""
NESTED_CONTRACTS = (
    RAW
    + """
    class Place(BaseModel):
        größe: int = Field(description="it's `big`")
        order: str
        Select: list[str]

    class Nested(SilverTable):
        place: Place
"""
)
NESTED_PIPELINES = (
    LOAD
    + """
    @pipeline(sources={"raw": Raw}, target=Nested)
    def nest(raw):
        parts = F.col("id").alias("größe"), F.col("name").alias("order"), F.array("name").alias("Select")
        return raw.select(F.struct(*parts).alias("place"))
"""
)
NESTED_ROWS = [({"größe": 1, "order": "a", "Select": ["a"]},)]
COMBINATIONS = [
    ("overwrite", "both"),
    ("append", "whole"),
    ("append", "hours"),
    ("append", "truncate_text"),
    ("merge", "whole"),
    ("merge", "months"),
    ("overwrite_partitions", "identity"),
    ("overwrite_partitions", "days"),
    ("overwrite_partitions", "truncate_number"),
    ("overwrite_partitions", "both"),
]


def test_a_column_that_is_a_partition_keeps_its_place(jobs):
    """An overwrite inserts rows by position, and engines differ in the order of a table's columns."""
    partitions = ('"second"', '("first", "third")', 'months("day")')
    jobs.declare(
        "".join(
            f"class T{n}(SilverTable, partition_by={partition}):\n"
            "    first: str\n    second: str\n    day: date\n    third: str\n"
            for n, partition in enumerate(partitions)
        ),
        "".join(
            f"""
@pipeline(sources={{"rows": files("*.csv", schema=T{n})}}, target=T{n})
def load{n}(rows):
    return rows
"""
            for n in range(len(partitions))
        ),
    ).deploy()
    jobs.land("a.csv", "first,second,day,third\na,b,2026-01-02,c\n")
    for _ in range(2):
        jobs.run().all_succeeded()
        for n, partition in enumerate(partitions):
            (row,) = jobs.arrow(f"t{n}").to_pylist()
            assert (row["first"], row["second"], row["third"]) == ("a", "b", "c"), partition


def test_files_are_taken_once(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/b.csv", csv_of("id,name", [(1, "b")]))
    first = jobs.run().succeeded("load")
    assert first.files == {"raw": ("raw/b.csv",)}
    jobs.land("raw/c.csv", csv_of("id,name", [(2, "c"), (3, "c")]))
    jobs.land("raw/a.csv", csv_of("id,name", [(4, "a")]))
    second = jobs.run().succeeded("load")
    assert second.files == {"raw": ("raw/a.csv", "raw/c.csv")}
    commit = second.commit
    assert (second.rows_read, commit.rows_written, commit.total_rows) == ({"raw": 3}, 3, 4)
    assert commit.snapshot_id == jobs.table("raw").current_snapshot().snapshot_id
    assert commit.table_path == "s3://alur-shop-bronze-dev/tables/raw"
    third = jobs.run()
    assert third.succeeded("load").commit is None
    assert third.notices == ["no new files; the table is unchanged"]
    assert jobs.rows("raw", "id", "_source_file", "_run_id") == [
        (1, "raw/b.csv", "jr_1"),
        (2, "raw/c.csv", "jr_2"),
        (3, "raw/c.csv", "jr_2"),
        (4, "raw/a.csv", "jr_2"),
    ]
    assert jobs.staged() == []


@pytest.mark.parametrize("others", [1, 300])
def test_few_and_many_candidates_are_searched_alike(glue_session, others):
    times = {"b": (1, 7), "c": (3,), "other": (9,)}
    rows = [(name, second) for name, seconds in times.items() for second in seconds]
    frame = glue_session.createDataFrame(rows, "_source_file string, second long")
    taken = taken_files(
        frame.withColumn("_ingested_at", F.timestamp_seconds("second")),
        {"b", "c", *(f"a{n}" for n in range(others))},
    )
    assert {name: when.timestamp() for name, when in taken.items()} == {"b": 7, "c": 3}


def test_tables_hold_what_the_mode_says(jobs):
    modes.declare(jobs, COMBINATIONS).deploy()
    states = modes.run_batches(jobs, COMBINATIONS)
    rows = {combination: [] for combination in COMBINATIONS}
    for batch, state in zip((modes.BEFORE, modes.AFTER, modes.AFTER), states, strict=True):
        for combination in COMBINATIONS:
            rows[combination] = modes.written(*combination, rows[combination], modes.typed(batch))
            expected = sorted(rows[combination], key=lambda row: (row[0], repr(row)))
            assert state["_".join(combination)] == expected, combination
    for mode, partition in COMBINATIONS:
        table = jobs.table(f"{mode}_{partition}")
        # A merge of the rows that the table has already changes nothing.
        assert len(table.metadata.snapshots) == (2 if mode == "merge" else 3)
        assert table.metadata.format_version == 2
    assert jobs.staged() == []


def test_all_values_arrive(jobs):
    jobs.declare(types.CONTRACTS, types.PIPELINES).deploy()
    source = pa.Table.from_pylist(types.rows(), schema=types.SCHEMA)
    for number, part in enumerate((source.slice(0, 30), source.slice(30))):
        buffer = pa.BufferOutputStream()
        pq.write_table(part, buffer)
        jobs.land(f"everything/{number}.parquet", buffer.getvalue().to_pybytes())
    jobs.run().all_succeeded()
    jobs.run().all_succeeded()
    for table in ("everything", "same"):
        assert types.expected(jobs.arrow(table).sort_by("n")) == types.expected(source), table


def test_rows_that_break_a_rule_leave_the_table_as_it_was(jobs):
    jobs.declare(RAW.replace("id: int", "id: int = Field(ge=1)"), LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n0,a\n1,b\n")
    error = jobs.run().error("load")
    assert isinstance(error, QualityError)
    assert "1 of 2 rows violates: id must be at least 1" in error.message
    assert jobs.snapshots() == {}
    jobs.land("raw/a.csv", "id,name\n1,b\n")
    jobs.run().all_succeeded()
    snapshots = jobs.snapshots()
    jobs.land("raw/b.csv", "id,name\n-7,a\n")
    assert isinstance(jobs.run().error("load"), QualityError)
    assert jobs.snapshots() == snapshots
    assert jobs.staged() == []


def test_a_function_that_raises_is_named_with_its_line(jobs):
    jobs.declare(RAW, LOAD.replace("return raw", 'return raw.select(1 / 0, "no such")')).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    error = jobs.run().error("load")
    assert isinstance(error, TransformError)
    assert "load raised ZeroDivisionError" in error.message
    assert (error.where.path, error.where.line) == jobs.line_of("pipelines.py", "1 / 0")


def test_no_rows_make_a_table_without_rows(jobs):
    jobs.declare(RAW, LOAD.replace("return raw", 'return raw.filter("id < 0")')).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    for _ in range(2):
        ran = jobs.run()
    assert ran.notices == ["no new rows; the table is unchanged"]
    assert jobs.rows("raw") == []
    assert len(jobs.snapshots()["bronze.raw"]) == 1


# --- keys -------------------------------------------------------------------------------------------------------


def test_replaced_partitions_may_not_repeat_keys_of_the_others(jobs):
    partitions = ('bucket(7, "id")', 'days("at")', 'truncate(2, "code")')
    partitions += ('[days("at"), bucket(3, "code")]',)
    fields = "    id: int\n    at: datetime\n    code: str\n"
    jobs.declare(
        f"class Raw(BronzeTable):\n{fields}"
        + "".join(
            f'class T{n}(SilverTable, key="id", partition_by={partition}):\n{fields}'
            for n, partition in enumerate(partitions)
        ),
        LOAD.replace("append", "overwrite")
        + "".join(
            f"""
    @pipeline(sources={{"raw": Raw}}, target=T{n}, mode="overwrite_partitions")
    def write{n}(raw):
        return raw.select("id", "at", "code")
"""
            for n in range(len(partitions))
        ),
    ).deploy()
    header = "id,at,code"
    jobs.land("raw/a.csv", csv_of(header, [(1, "2024-05-01", "abc"), (2, "2024-05-02", "xyz")]))
    jobs.run().all_succeeded()
    jobs.land("raw/a.csv", csv_of(header, [(1, "2024-05-01", "abc"), (3, "2024-05-03", "new")]))
    jobs.run().all_succeeded()
    for n, partition in enumerate(partitions):
        assert [row[0] for row in jobs.rows(f"t{n}")] == [1, 2, 3], partition
    snapshots = jobs.snapshots()
    # The same keys, now in other partitions, except those that depend on the key alone.
    jobs.land("raw/a.csv", csv_of(header, [(2, "2024-05-09", "other")]))
    ran = jobs.run()
    for n, partition in enumerate(partitions):
        if partition == 'bucket(7, "id")':
            assert [row[2] for row in jobs.rows(f"t{n}") if row[0] == 2] == ["other"]
        else:
            message = ran.error(f"write{n}").message
            assert "1 of 1 row violates: id must be unique" in message, partition
            assert jobs.snapshots()[f"silver.t{n}"] == snapshots[f"silver.t{n}"], partition


def test_appended_keys_may_not_repeat(jobs):
    jobs.declare(KEYED, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    jobs.land("raw/b.csv", "id,name\n1,b\n")
    assert "id must be unique" in jobs.run().error("load").message
    assert jobs.rows("raw") == [(1, "a")]


# --- two runs at once -------------------------------------------------------------------------------------------


def test_a_run_does_not_undo_what_another_has_written_since(jobs):
    jobs.declare(KEYED, LOAD.replace("append", "merge")).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    project = jobs.load()
    contract = project.table("raw")
    arguments = JobArguments.parse(jobs.arguments("load"))
    runtime = glue_runtime(jobs.session, project, arguments)
    identity = RunIdentity("slow", "load", "1")
    with runtime.warehouse.writing(jobs.session, contract, identity, print) as writer:
        mine = writer.stage(writer.existing())
        jobs.land("raw/b.csv", "id,name\n2,b\n")
        jobs.run().all_succeeded()
        with pytest.raises(EngineError, match=r"another run has written bronze\.raw"):
            writer.commit(
                mine,
                1,
                plan_write(writer.state, contract, WRITE_MODES["merge"]),
                Provenance(identity),
            )
    assert jobs.rows("raw") == [(1, "a"), (2, "b")]


def test_sources_are_read_as_of_the_moment_they_were_asked_for(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    project = jobs.load()
    runtime = glue_runtime(jobs.session, project, JobArguments.parse(jobs.arguments("load")))
    read = runtime.warehouse.read(jobs.session, project.table("raw"))
    current_state = runtime.warehouse.current_state(project.table("raw"))
    jobs.land("raw/b.csv", "id,name\n2,b\n")
    later = jobs.run().succeeded("load").commit
    assert (read.frame.count(), read.rows, current_state.total_rows) == (1, 1, 1)
    assert runtime.warehouse.current_state(project.table("raw")) == replace(later, rows_written=0)
    preview = runtime.warehouse.preview(project.table("raw"), 5)
    assert sorted((row["id"], row["name"]) for row in preview) == [(1, "a"), (2, "b")]


# --- tables that must change ------------------------------------------------------------------------------------


def test_an_engine_without_alter_table_says_so(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    snapshots = jobs.snapshots()
    jobs.land("raw/b.csv", "id,name,more\n1,a,x\n")
    jobs.declare(RAW + "        more: str | None\n", LOAD)
    error = jobs.run().error("load")
    assert isinstance(error, EngineError)
    assert "must follow Raw (more was added), and this engine has no ALTER TABLE" in error.message
    jobs.declare(RAW.replace("BronzeTable", 'BronzeTable, partition_by="id"'), LOAD)
    assert "its partitions changed" in jobs.run().error("load").message
    assert jobs.snapshots() == snapshots


def test_a_breaking_change_is_refused_before_anything_is_read(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    jobs.declare(RAW.replace("name: str | None", "name: int | None"), LOAD)
    error = jobs.run().error("load")
    assert isinstance(error, SchemaError)
    assert "cannot follow Raw: name: string became bigint" in error.message


def test_what_an_engine_cannot_write_is_told_in_its_words(jobs):
    """Sail 0.7 cannot write a table partitioned by both a column and a transform."""
    jobs.declare(
        RAW.replace("BronzeTable", 'BronzeTable, partition_by=["name", bucket(3, "id")]'), LOAD
    ).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    error = jobs.run().error("load")
    assert isinstance(error, EngineError)
    assert "the table bronze.raw cannot be written: Partition column mismatch" in error.message
    assert jobs.staged() == []


def test_descriptions_alone_stop_nothing(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    jobs.land("raw/b.csv", "id,name\n2,b\n")
    jobs.declare(RAW.replace("id: int", 'id: int = Field(description="New")'), LOAD)
    ran = jobs.run().all_succeeded()
    assert ran.notices == ["descriptions are unchanged: this engine has no ALTER TABLE"]


HOSTILE = [
    "it's",
    'say "no"',
    "back\\slash \\' \\u0041",
    "two\nlines",
    "`tick`",
    "${env:HOME} {{x}} %(y)s",
    "-- drop",
    "/* */ ; DROP TABLE x",
    "日本 👍 e\u0301",
    "x" * 300,
    "\x00\x07",
]


def test_hostile_descriptions_stay_descriptions(jobs):
    names = [f"c{number}" for number in range(len(HOSTILE))]
    fields = "".join(
        f"        {name}: str | None = Field(default=None, description={text!r})\n"
        for name, text in zip(names, HOSTILE, strict=True)
    )
    jobs.declare(
        f"    class Raw(BronzeTable):\n        id: int\n{fields}",
        LOAD.replace("return raw", "return raw"),
    ).deploy()
    jobs.land("raw/a.csv", csv_of(",".join(["id", *names]), [[1, *names]]))
    jobs.run().all_succeeded()
    schema = jobs.table("raw").schema()
    found = [schema.find_field(name).doc for name in names]
    assert found[:3] == HOSTILE[:3]
    assert found[3] == "two lines"
    assert found[4:9] == HOSTILE[4:9]
    assert found[9] == "x" * 254 + "…"
    assert not found[10]
    assert jobs.rows("raw") == [(1, *names)]


def test_names_within_a_column_may_be_any_of_pythons(jobs):
    jobs.declare(NESTED_CONTRACTS, NESTED_PIPELINES).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    assert jobs.rows("nested", "place") == NESTED_ROWS


# --- missing objects --------------------------------------------------------------------------------------------


def test_a_database_that_is_not_deployed(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.glue.delete_database(Name="shop_dev_bronze")
    error = jobs.run().error("load")
    assert isinstance(error, EngineError)
    assert "no database 'shop_dev_bronze' in Glue" in error.message
    assert error.remedy == "create it: alur deploy"


def test_a_table_that_another_tool_made(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.glue.create_table(
        DatabaseName="shop_dev_bronze", TableInput={"Name": "raw", "Parameters": {"a": "b"}}
    )
    assert "is not an Iceberg table" in jobs.run().error("load").message


def test_a_table_whose_creation_was_killed_is_created(jobs):
    """The engine writes the metadata of a new table before it lists the table in the catalog."""
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/1.csv", "id,name\n1,a\n")
    place = f"s3://{jobs.bucket('bronze')}/tables/raw"
    jobs.session.sql(
        f"CREATE TABLE glue_catalog.shop_dev_bronze.raw (id INT) USING iceberg LOCATION '{place}'"
    )
    jobs.glue.delete_table(DatabaseName="shop_dev_bronze", Name="raw")
    jobs.run().all_succeeded()
    assert jobs.rows("raw") == [(1, "a")]


def test_files_of_a_written_table_that_the_catalog_does_not_list_stay(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/1.csv", "id,name\n1,a\n")
    jobs.run().all_succeeded()
    written = jobs.arrow("raw"), jobs.metadata("raw")
    entry = jobs.glue.get_table(DatabaseName="shop_dev_bronze", Name="raw")["Table"]
    jobs.glue.delete_table(DatabaseName="shop_dev_bronze", Name="raw")
    error = jobs.run().error("load")
    assert "tables/raw has files of a table that Glue does not list" in error.message
    given = {name: entry[name] for name in ("Name", "Parameters", "StorageDescriptor", "TableType")}
    jobs.glue.create_table(DatabaseName="shop_dev_bronze", TableInput=given)
    assert (jobs.arrow("raw"), jobs.metadata("raw")) == written


def test_a_source_that_was_never_written(jobs):
    jobs.declare(
        RAW + "\n    class Clean(SilverTable):\n        id: int\n",
        LOAD
        + """
    @pipeline(sources={"raw": Raw}, target=Clean)
    def clean(raw):
        return raw.select("id")
    """,
    ).deploy()
    error = jobs.run("clean").error("clean")
    assert "clean: the table bronze.raw has never been written" in error.message


def test_staging_that_cannot_be_removed_is_a_notice(jobs):
    jobs.declare(RAW, LOAD).deploy()
    jobs.land("raw/a.csv", "id,name\n1,a\n")
    policy = """{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::alur-shop-artifacts-dev/*"}]}"""
    jobs.s3.put_bucket_policy(Bucket="alur-shop-artifacts-dev", Policy=policy)
    ran = jobs.run().all_succeeded()
    assert jobs.staged()
    (notice,) = ran.notices
    assert "staged files in s3://alur-shop-artifacts-dev/shop/dev/temp/staging/jr_1/" in notice


def test_hundreds_of_files(jobs):
    jobs.declare(RAW, LOAD).deploy()
    count = 60
    for number in range(count):
        jobs.land(f"raw/{number:04}.csv", csv_of("id,name", [(number, "x")]))
    began = time.perf_counter()
    ran = jobs.run().succeeded("load")
    seconds = time.perf_counter() - began
    assert len(ran.files["raw"]) == ran.commit.total_rows == count
    assert seconds < 60, f"{count} files took {seconds:.0f} s"
