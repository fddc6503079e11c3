"""Each pipeline has its own session: it gives the same rows, or the same error, as alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alur.runtime.engines.engine import another_session
from tests.child_process import child_environment
from tests.engines import each_engine

_TWO = """
    class A(SilverTable, key="id"):
        id: int

    class B(SilverTable, key="id"):
        id: int
        day: date | None
"""
_LANDED = """
    class O(BronzeTable):
        id: int
        at: datetime
        text: str
"""
_LOAD = """
    @pipeline(sources={"o": files("o/*.csv", schema=O)}, target=O, mode="append")
    def load(o):
        return o
"""


def _second(project, first: str, second: str):
    """Run two pipelines; return their outcomes. The second can then run alone."""
    project.declare(
        _LANDED + _TWO,
        _LOAD
        + f"""
    @pipeline(sources={{"o": O}}, target=A)
    def a_first(o):
        {first}
        return o.select("id")

    @pipeline(sources={{"o": O}}, target=B)
    def b_second(o):
        {second}
""",
    )
    project.land("o/1.csv", "id,at,text\n1,2024-01-01T23:30:00Z,x\n")
    return project.run("load", "a_first", "b_second")


@each_engine
def test_a_time_zone_reaches_no_other_pipeline(project):
    both = _second(
        project,
        'o.sparkSession.conf.set("spark.sql.session.timeZone", "Europe/Berlin")',
        'return o.select("id", F.to_date("at").alias("day"))',
    )
    both.all_succeeded()
    assert [str(day) for _, day in project.rows("silver.b")] == ["2024-01-01"]


@each_engine
def test_ansi_mode_reaches_no_other_pipeline(project):
    both = _second(
        project,
        'o.sparkSession.conf.set("spark.sql.ansi.enabled", "true")',
        'return o.select("id", F.col("text").cast("date").alias("day"))',
    )
    both.all_succeeded()
    project.run("b_second").all_succeeded()
    assert project.rows("silver.b") == [(1, None)]


@each_engine
@pytest.mark.parametrize(
    "view", ['o.createOrReplaceTempView("v")', 'o.createOrReplaceGlobalTempView("v")']
)
def test_a_view_reaches_no_other_pipeline(project, view):
    name = "global_temp.v" if "Global" in view else "v"
    both = _second(
        project, view, f'return o.sparkSession.sql("SELECT id, to_date(at) AS day FROM {name}")'
    )
    both.succeeded("a_first")
    assert "TABLE_OR_VIEW_NOT_FOUND" in both.error("b_second").message or "not found" in str(
        both.error("b_second")
    )
    alone = project.run("b_second")
    assert type(alone.error("b_second")) is type(both.error("b_second"))


@each_engine
def test_a_registered_function_reaches_no_other_pipeline(project):
    both = _second(
        project,
        'o.sparkSession.udf.register("tomorrow", lambda d: d, "date")',
        'return o.selectExpr("id", "tomorrow(to_date(at)) AS day")',
    )
    both.succeeded("a_first")
    assert "tomorrow" in both.error("b_second").message


@each_engine
def test_code_that_asks_for_the_session_gets_the_pipelines_own(project):
    both = _second(
        project,
        "from pyspark.sql import SparkSession; "
        'SparkSession.builder.getOrCreate().conf.set("spark.sql.session.timeZone", "Asia/Tokyo")',
        "from pyspark.sql import SparkSession; "
        'mine = SparkSession.builder.getOrCreate().createDataFrame([(1,)], "id long"); '
        'return mine.select("id", F.to_date(F.lit("2024-01-01T23:30:00Z").cast("timestamp")).alias("day"))',
    )
    both.all_succeeded()
    assert [str(day) for _, day in project.rows("silver.b")] == ["2024-01-01"]


def test_what_sessions_of_a_jvm_share_is_as_before(project, engines):
    project.engine = "spark"
    both = _second(
        project,
        "context = o.sparkSession.sparkContext; o.cache().count(); "
        'context.setLocalProperty("spark.scheduler.pool", "mine"); '
        'context._jsc.hadoopConfiguration().set("fs.trash.interval", "7"); '
        'context._jsc.hadoopConfiguration().set("alur.test", "1")',
        "context = o.sparkSession.sparkContext; hadoop = context._jsc.hadoopConfiguration(); "
        'assert context.getLocalProperty("spark.scheduler.pool") is None; '
        'assert hadoop.get("fs.trash.interval") == "0"; '
        'assert hadoop.get("alur.test") is None; '
        "assert not context._jsc.getPersistentRDDs(); "
        'return o.select("id", F.to_date("at").alias("day"))',
    )
    both.all_succeeded()


def test_the_session_around_is_the_current_one_again(engines):
    from pyspark.sql.connect.session import SparkSession

    outer = engines.sail
    with another_session(outer) as first:
        with another_session(first) as second:
            assert SparkSession.builder.getOrCreate() is second
            second.createDataFrame([(1,)], "n long").createOrReplaceTempView("numbers")
        assert SparkSession.builder.getOrCreate() is first
        with pytest.raises(Exception, match="numbers"):
            first.table("numbers").count()
    assert SparkSession.builder.getOrCreate() is outer
    assert outer.range(3).count() == 3


def test_variables_are_as_before_once_the_engine_is_closed(monkeypatch):
    from alur.runtime.engines.engine import open_session

    monkeypatch.setenv("SAIL_PARQUET__PRUNING", "true")
    before = dict(os.environ)
    with open_session("sail") as session:
        assert session.range(3).count() == 3
    assert dict(os.environ) == before


def test_an_engine_that_dies_fails_the_pipeline_and_those_after_it_with_a_reason(project, tmp_path):
    """The command continues after the JVM has ended, and deletes its temporary files."""
    temporary = tmp_path / "temporary files"
    temporary.mkdir()
    project.declare(
        _LANDED + _TWO,
        _LOAD
        + """
    @pipeline(sources={"o": O}, target=A)
    def a_first(o):
        o.sparkSession._jvm.java.lang.Runtime.getRuntime().halt(1)
        return o.select("id")

    @pipeline(sources={"o": O}, target=B)
    def b_second(o):
        return o.select("id", F.to_date("at").alias("day"))
""",
    )
    project.land("o/1.csv", "id,at,text\n1,2024-01-01T23:30:00Z,x\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("alur"), "run", "--all", "--env", "local"],
        cwd=project.root,
        env=child_environment(ALUR_ENGINE="spark", TMPDIR=str(temporary)),
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert "2 failed, 0 skipped, 1 completed" in output
    assert "a_first raised" in output
    assert "Traceback" not in done.stdout
    assert list(temporary.iterdir()) == []


def test_an_answer_that_is_lost_is_asked_for_again(engines):
    with another_session(engines.sail) as session:
        client = session.client
        fetch, lost = client._execute_and_fetch, []

        def lose_first(request, **named):
            answer = fetch(request, **named)
            if lost:
                return answer
            lost.append(request)
            return None, *answer[1:]

        client._execute_and_fetch = lose_first
        assert session.range(3).count() == 3
        assert len(lost) == 1
