"""Glue's write path on Spark's JVM with Iceberg's own runtime: tables and changed contracts in a real job."""

from itertools import product
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.errors import EngineError, QualityError
from tests.glue_worker import WRITERS
from tests.integration import test_evolution as evolution
from tests.integration import test_nested_evolution as nested
from tests.integration import test_same_rows as same_rows
from tests.integration import test_types as types
from tests.integration import test_write_modes as modes
from tests.integration.test_glue_jobs import (
    HOSTILE,
    KEYED,
    LOAD,
    NESTED_CONTRACTS,
    NESTED_PIPELINES,
    NESTED_ROWS,
    RAW,
)
from tests.spark_project import needs_iceberg_for_spark
from tests.tiny_project import csv_of

pytestmark = needs_iceberg_for_spark
COMBINATIONS = [
    ("overwrite", "both"),
    ("append", "identity"),
    ("merge", "months"),
    ("overwrite_partitions", "truncate_text"),
    ("overwrite_partitions", "both"),
]


@pytest.fixture
def project(spark_project):
    return spark_project


def test_an_overwrite_with_the_same_rows_makes_no_commit(project):
    same_rows.declare(project, partitioned=', partition_by="shop"')
    same_rows.run_same_and_other_rows(project)


def test_an_overwrite_of_partitions_with_the_same_rows_makes_no_commit(project):
    same_rows.run_same_and_other_partitions(project)
    assert set(project.table("sales").refs()) == {"main"}


def test_tables_hold_what_the_mode_says(project):
    modes.declare(project, COMBINATIONS)
    states = modes.run_batches(project, COMBINATIONS)
    rows = {combination: [] for combination in COMBINATIONS}
    for batch, state in zip((modes.BEFORE, modes.AFTER, modes.AFTER), states, strict=True):
        for combination in COMBINATIONS:
            rows[combination] = modes.written(*combination, rows[combination], modes.typed(batch))
            expected = sorted(rows[combination], key=lambda row: (row[0], repr(row)))
            assert state["_".join(combination)] == expected, combination
    for mode, partition in COMBINATIONS:
        table = project.table(f"{mode}_{partition}")
        assert table.metadata.format_version == 2
        summaries = [snapshot.summary for snapshot in table.metadata.snapshots]
        # Nothing but an append adds rows that the table has already.
        assert len(summaries) == (3 if mode == "append" else 2), (mode, partition)
        assert {summary["alur.pipeline"] for summary in summaries} == {f"write_{mode}_{partition}"}
    assert not list((project.root / "staging").glob("*"))


def test_all_values_arrive(project):
    project.declare(types.CONTRACTS, types.PIPELINES)
    source = pa.Table.from_pylist(types.rows(), schema=types.SCHEMA)
    folder = project.root / "landing" / "everything"
    folder.mkdir(parents=True)
    pq.write_table(source.slice(0, 30), folder / "1.parquet")
    pq.write_table(source.slice(30), folder / "2.parquet")
    project.run().all_succeeded()
    project.run().all_succeeded()
    for table in ("everything", "same"):
        assert types.expected(project.files(table).sort_by("n")) == types.expected(source), table


# --- a contract changes: the tests of a local run, with the same tables as there ----------------------------------


def test_tables_follow_compatible_changes(project):
    changes = ("a new nullable list", "a decimal of more digits", "another order")
    in_every_mode = ((mode, "all at once") for mode in evolution.MODES)
    evolution.check_compatible(project, [*product(["append"], changes), *in_every_mode])


def test_what_a_table_follows_is_told_once(project):
    evolution.check_notices(project, ["append"])


def test_breaking_changes_are_refused(project):
    evolution.check_breaking(project, product(["append"], ["dropped", "narrowed"]))


@pytest.mark.parametrize(
    "changes",
    [
        ("renamed", "another type"),
        pytest.param(tuple(evolution.BREAKING), marks=pytest.mark.nightly, id="any"),
    ],
)
def test_overwrite_takes_any_change(project, changes):
    for name in evolution.check_overwriting(project, changes):
        wanted = {column.name: not column.nullable for column in project.contract(name).columns}
        table = project.table(name)
        assert {field.name: field.required for field in table.schema().fields} == wanted, name
        # One commit for the new columns and the new rows: readers see both or neither.
        assert len(table.metadata.snapshots) == 2, name


def test_overwrite_takes_the_contract_as_a_whole(project):
    """Columns are in the contract's order, as on a laptop, not in the order of their addition."""
    fields, _, _ = evolution.COMPATIBLE["a new column in between"]
    for n, declared in enumerate((evolution.OLD, fields), 1):
        evolution.write_all(project, {"a": evolution.Written("overwrite", declared, n)})
    names = [column.name for column in project.contract("t_a").columns]
    assert [field.name for field in project.table("t_a").schema().fields] == names
    assert len(project.table("t_a").metadata.snapshots) == 2


@pytest.mark.parametrize(
    "partitions",
    [
        (None, 'bucket(4, "s")', '["s", hours("at")]'),
        pytest.param(evolution.PARTITIONS, marks=pytest.mark.nightly, id="all"),
    ],
)
def test_the_partitioning_changes_there_and_back(project, partitions):
    evolution.check_partitioning(project, ["append"], partitions)


def test_partitions_are_replaced_by_the_new_partitioning(project):
    evolution.test_partitions_are_replaced_by_the_new_partitioning(project)


def test_the_partition_column_itself_changes(project):
    evolution.test_the_partition_column_itself_changes(project)


def test_descriptions_follow(project):
    evolution.test_descriptions_follow(project)


def test_hostile_descriptions_stay_descriptions_when_tables_are_made_changed_and_replaced(project):
    kept = [text for text in HOSTILE if "\n" not in text and "\x00" not in text and len(text) < 255]
    names = [f"c{number}" for number in range(len(kept))]
    load = LOAD.replace("append", "overwrite")
    for head, texts in (
        ("id: int", kept),
        ("id: int", kept[::-1]),
        ("id: str", kept),
    ):
        fields = "".join(
            f"        {name}: str | None = Field(default=None, description={text!r})\n"
            for name, text in zip(names, texts, strict=True)
        )
        project.declare(f"    class Raw(BronzeTable):\n        {head}\n{fields}", load)
        project.land("raw/a.csv", csv_of(",".join(["id", *names]), [[1, *names]]))
        project.run().all_succeeded()
        schema = project.table("raw").schema()
        assert [schema.find_field(name).doc or "" for name in names] == texts
    assert project.rows("raw") == [("1", *names)]


def test_names_within_a_column_may_be_any_of_pythons(project):
    project.declare(NESTED_CONTRACTS, NESTED_PIPELINES)
    project.land("raw/a.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    assert project.rows("nested", "place") == NESTED_ROWS
    field = project.table("nested").schema().find_field("place.größe")
    assert field.doc == "it's `big`"


# --- other properties of a job ----------------------------------------------------------------------------------


def test_a_run_does_not_undo_what_another_has_written_since(project):
    """The function acts as the other run: it writes between this run's read and its commit."""
    load = """
    @pipeline(sources={"raw": files("raw/*", schema=Raw)}, target=Raw, mode="merge")
    def load(raw):
        if raw.filter("id = 2").count():
            table = "glue_catalog.DATABASE_bronze.raw"
            raw.sparkSession.sql(f"INSERT INTO {table} SELECT 3, name, _ingested_at, 'x', _run_id FROM {table}")
        return raw
    """.replace("DATABASE", project.databases)
    project.declare(KEYED, load)
    project.land("raw/1.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    project.land("raw/2.csv", "id,name\n2,b\n")
    error = project.run().error("load")
    assert isinstance(error, EngineError)
    assert "another run has written bronze.raw" in error.message
    assert project.rows("raw", "id") == [(1,), (3,)]


def test_python_functions_of_the_project_run_on_workers(project):
    """The modules have unique names, because one Spark runs the projects of all tests."""
    project.write(
        {
            "alur.toml": '[project]\nname = "shop"\nmodules = ["udf_contracts", "udf_pipelines"]\n',
            "udf_contracts/__init__.py": "from alur import BronzeTable\n\nclass Raw(BronzeTable):\n"
            "    id: int\n    name: str | None\n",
            "udf_letters.py": "LETTERS = {'a': 'alpha'}\n",
            "udf_pipelines.py": """
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    from alur import files, pipeline
    from udf_contracts import Raw
    from udf_letters import LETTERS

    @F.udf(T.StringType())
    def spelt(name):
        return LETTERS[name] + Raw.__name__

    @pipeline(sources={"raw": files("raw/*", schema=Raw)}, target=Raw)
    def load(raw):
        return raw.withColumn("name", spelt("name"))
    """,
        }
    )
    project.land("raw/1.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    assert project.rows("raw") == [(1, "alphaRaw")]
    project.land("raw/2.csv", "id,name\n1,b\n")
    assert project.run().error("load").message == "load: PythonException: KeyError: 'b'"


def test_rows_that_break_a_rule_leave_the_table_as_it_was(project):
    project.declare(RAW.replace("id: int", "id: int = Field(ge=1)"), LOAD)
    project.land("raw/a.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    snapshot = project.table("raw").current_snapshot()
    project.land("raw/b.csv", "id,name\n0,a\n")
    assert isinstance(project.run().error("load"), QualityError)
    assert project.table("raw").current_snapshot() == snapshot


@pytest.mark.parametrize("partition", ['bucket(7, "name")', '["name", bucket(2, "id")]'])
def test_replaced_partitions_may_not_repeat_keys_of_the_others(project, partition):
    project.declare(
        KEYED + KEYED.replace("Raw(BronzeTable", f"T(SilverTable, partition_by={partition}"),
        LOAD.replace("append", "overwrite")
        + """
    @pipeline(sources={"raw": Raw}, target=T, mode="overwrite_partitions")
    def write(raw):
        return raw.select("id", "name")
    """,
    )
    project.land("raw/1.csv", "id,name\n1,a\n2,b\n")
    project.run().all_succeeded()
    project.land("raw/1.csv", "id,name\n2,b\n")
    project.run().all_succeeded()
    project.land("raw/1.csv", "id,name\n1,zzz\n")
    assert "1 of 1 row violates: id must be unique" in project.run().error("write").message
    assert project.rows("t") == [(1, "a"), (2, "b")]


def test_what_columns_hold_grows_beside_files_of_before(project):
    def run(places, mode, n):
        nested.declare(project, places, {"t": mode}, n)
        project.run().all_succeeded()

    def assert_read(rows):
        for name, place in nested.GROWTHS.items():
            found = project.files(f"after_{name}").drop("origin").sort_by("id").to_pylist()
            assert found == [nested.kept(1, place), *(nested.grown(n, place) for n in rows)], name

    run(dict.fromkeys(nested.GROWTHS, nested.OLD), "merge", 1)
    run(nested.GROWTHS, "merge", 2)
    # The engine has read the table's old and new files into another table.
    assert_read([2])
    run(nested.GROWTHS, "append", 3)
    assert_read([2, 3])


LARGE = 1 << 24
"""Bytes of one file; a job leaves files of more than twice as many to its workers."""


def test_many_bytes_of_landing_files_are_read_by_the_workers(project):
    project.declare(RAW, LOAD)
    project.land("raw/few.csv", "id,name\n1,a\n")
    project.run().all_succeeded()
    assert _writers(project) == {project.jobs.process.pid}
    name = "x" * 200
    expected = [(1, "a")]
    for number in range(3):
        ids = range(1_000_000 * (number + 1), 1_000_000 * (number + 1) + LARGE // 200)
        lines = [f"{id_},{name}\n" for id_ in ids]
        # From a quoted field on, another parser reads the file.
        lines[-1] = f'{ids[-1]},"a, ""b"""\n'
        project.land(f"raw/{number}.csv", "id,name\n" + "".join(lines))
        expected += [(id_, name) for id_ in ids[:-1]] + [(ids[-1], 'a, "b"')]
    run = project.run().succeeded("load")
    assert project.jobs.process.pid not in _writers(project)
    assert run.commit.rows_written == len(expected) - 1
    assert project.rows("raw") == expected
    files = project.arrow("raw").group_by("_source_file").aggregate([("id", "min")]).to_pylist()
    assert {(row["_source_file"], row["id_min"]) for row in files} == {
        ("raw/few.csv", 1),
        *((f"raw/{number}.csv", 1_000_000 * (number + 1)) for number in range(3)),
    }


def test_a_bad_line_found_by_a_worker(project):
    project.declare(RAW, LOAD)
    for name in ("b", "a"):
        lines = "".join(f"{id_},{'x' * 200}\n" for id_ in range(LARGE // 200))
        project.land(f"raw/{name}.csv", f"id,name\n{lines}one,two\n")
    error = project.run().error("load")
    assert (error.message, error.where.line) == (
        "load: raw/a.csv: id 'one' is not a valid bigint",
        LARGE // 200 + 2,
    )
    assert error.where.path.endswith("raw/a.csv")


def _writers(project):
    """Return the ids of processes that have staged landing files since the last call."""
    folder = project.root / WRITERS
    ids = {int(path.name) for path in folder.iterdir()}
    rmtree(folder)
    return ids
