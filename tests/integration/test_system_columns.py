"""The columns that Alur adds to bronze tables, and what pipelines may do with them."""

import pytest

from alur.errors import SchemaError
from tests.engines import each_engine

CONTRACTS = """
class Raw(BronzeTable{key}):
    n: int

class Clean(SilverTable):
    n: int
"""
TAKES = """
@pipeline(sources={{"raw": files("raw/*.csv", schema=Raw)}}, target=Raw, mode="{mode}")
def load(raw):
    return raw{change}
"""
CHANGES = {
    "in capitals": ('.withColumn("_source_file", F.upper("_source_file"))', "'RAW/1.CSV'"),
    "null": ('.withColumn("_source_file", F.lit(None).cast("string"))', "null"),
    "in one row": (
        '.withColumn("_source_file", F.when(F.col("n") == 1, F.col("_source_file")))',
        "null",
    ),
    "another's": ('.withColumn("_source_file", F.lit("raw/2.csv"))', "'raw/2.csv'"),
}


@each_engine
@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize("change", CHANGES)
def test_rows_must_name_the_file_they_came_from(project, mode, change):
    code, shown = CHANGES[change]
    key = ', key="n"' if mode == "merge" else ""
    project.declare(CONTRACTS.format(key=key), TAKES.format(mode=mode, change=code))
    project.land("raw/1.csv", "n\n1\n2\n")
    error = project.run("load").error("load")
    assert isinstance(error, SchemaError)
    assert f"rows have _source_file {shown}, which is not a file of this run" in error.message
    assert project.snapshots() == {}
    project.declare(CONTRACTS.format(key=key), TAKES.format(mode=mode, change='.filter("n > 1")'))
    project.run("load").all_succeeded()
    assert project.rows("raw", "n", "_source_file") == [(2, "raw/1.csv")]


@each_engine
def test_an_overwrite_reads_every_file_each_time_and_may_change_their_names(project):
    change = CHANGES["in capitals"][0]
    project.declare(CONTRACTS.format(key=""), TAKES.format(mode="overwrite", change=change))
    project.land("raw/1.csv", "n\n1\n")
    for _ in range(2):
        project.run("load").all_succeeded()
        assert project.rows("raw", "n", "_source_file") == [(1, "RAW/1.CSV")]


@each_engine
@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_a_silver_table_takes_a_bronze_sources_rows_as_they_are(project, mode):
    both = TAKES.format(mode="append", change="")
    project.declare(
        CONTRACTS.format(key=""),
        f"""{both}
@pipeline(sources={{"raw": Raw}}, target=Clean, mode="{mode}")
def clean(raw):
    return raw
""",
    )
    project.land("raw/1.csv", "n\n1\n")
    project.run().all_succeeded()
    assert project.arrow("clean").to_pylist() == [{"n": 1}]


@each_engine
def test_a_silver_table_may_join_two_bronze_ones(project):
    project.declare(
        CONTRACTS.format(key=""),
        f"""{TAKES.format(mode="append", change="")}
@pipeline(sources={{"raw": Raw, "again": Raw}}, target=Clean)
def clean(raw, again):
    return raw.alias("a").join(again.alias("b"), F.col("a.n") == F.col("b.n")).select(F.col("a.n"), "a._run_id", "b._run_id")
""",
    )
    project.land("raw/1.csv", "n\n1\n")
    project.run().all_succeeded()
    assert project.arrow("clean").to_pylist() == [{"n": 1}]


@each_engine
def test_a_bronze_table_does_not_choose_between_two_file_names(project):
    project.declare(
        CONTRACTS.format(key=""),
        TAKES.format(
            mode="append", change='.select("n", "_source_file", F.lit("x").alias("_source_file"))'
        ),
    )
    project.land("raw/1.csv", "n\n1\n")
    error = project.run("load").error("load")
    assert "column '_source_file' appears twice" in error.message
