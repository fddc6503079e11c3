"""A Glue job on Spark's JVM reads and writes what its change concerns: new rows once, and no other files."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import isolated_imports
from tests.integration.test_glue_jobs import LOAD, RAW
from tests.spark_project import JARS, SparkProject, spark

pytestmark = pytest.mark.skipif(
    JARS not in os.environ, reason=f"{JARS} names no folder with Iceberg's runtime for Spark 3.5"
)

IN_ONE_FILE = LOAD.replace("return raw", "return raw.coalesce(1)")


@pytest.fixture(scope="module")
def spark_jobs(tmp_path_factory):
    with spark(tmp_path_factory.mktemp("warehouse")) as started:
        yield started


@pytest.fixture
def project(tmp_path, spark_jobs):
    with isolated_imports():
        yield SparkProject(tmp_path / "shop", engines=None, jobs=spark_jobs)


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
