"""Python functions declared in the user's modules, on each engine and with each way to start a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import each_engine

# A warning of pandas, from PySpark's conversion of its columns.
pytestmark = pytest.mark.filterwarnings("ignore:is_categorical_dtype is deprecated")

ALUR = Path(sys.executable).with_name("alur")

_CONTRACTS = """
    class Kind(str, Enum):
        ODD = "odd"
        EVEN = "even"

    class A(BronzeTable):
        id: int

    class Called(SilverTable, key="id"):
        id: int
        text: str
        twice: int
        scaled: float
        kind: Kind

    class Squared(SilverTable, key="n"):
        n: int
        square: int

    class Total(SilverTable):
        total: int

    class Registered(SilverTable):
        id: int
"""
_PIPELINES = """
    import pandas as pd
    from pyspark.sql.types import LongType, StringType

    @F.udf("string")
    def named(x):
        return f"n{x}"

    def double(x):
        return 2 * x

    twice = F.udf(double, LongType())

    @F.udf
    def kind(x):
        return (Kind.ODD if x % 2 else Kind.EVEN).value

    @F.pandas_udf("double")
    def scaled(x: pd.Series) -> pd.Series:
        return x * 1.5

    @F.pandas_udf("long")
    def summed(x: pd.Series) -> int:
        return int(x.sum())

    @F.udtf(returnType="n: bigint, square: bigint")
    class Squares:
        def eval(self, x: int):
            for n in range(x):
                yield n, n * n

    @pipeline(sources={"e": files("e/*.csv", schema=A)}, target=A)
    def load(e):
        return e

    @pipeline(sources={"a": A}, target=Called)
    def called(a):
        return a.select(
            "id", named("id").alias("text"), twice("id").alias("twice"),
            scaled(F.col("id").cast("double")).alias("scaled"), kind("id").alias("kind"),
        )

    @pipeline(sources={"a": A}, target=Squared)
    def squared(a):
        return Squares(F.lit(3))

    @pipeline(sources={"a": A}, target=Total)
    def total(a):
        return a.groupBy().agg(summed("id").alias("total"))

    @pipeline(sources={"a": A}, target=Registered)
    def registered(a):
        a.sparkSession.udf.register("named", named)
        a.createOrReplaceTempView("a")
        return a.sparkSession.sql("SELECT id FROM a WHERE named(id) = 'n1'")
"""
_TABLES = {
    "silver.called": [(1, "n1", 2, 1.5, "odd"), (2, "n2", 4, 3.0, "even")],
    "silver.squared": [(0, 0), (1, 1), (2, 4)],
    "silver.total": [(3,)],
    "silver.registered": [(1,)],
}


@pytest.fixture
def declared(project):
    project.declare(_CONTRACTS, _PIPELINES)
    project.land("e/1.csv", "id\n1\n2\n")
    return project


def _done(project, engine: str, *command: object) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_"))}
    done = subprocess.run(
        [*map(str, command)],
        cwd=project.root,
        # A Python without the functions' libraries is first on the PATH.
        env=environment | {"ALUR_ENGINE": engine, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _check(project) -> None:
    for table, rows in _TABLES.items():
        assert project.rows(table) == rows, table


@each_engine
def test_by_the_command(declared, engine):
    _done(declared, engine, ALUR, "run", "--all", "--env", "local")
    _check(declared)


@each_engine
def test_on_an_engine_that_is_open_before_the_modules_are_imported(declared):
    declared.run().all_succeeded()
    _check(declared)


_DAGSTER = """
import dagster as dg
from alur.project.project import Project
from alur_dagster import build_definitions
definitions = build_definitions(Project.load())
job = definitions.resolve_implicit_global_asset_job_def()
assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
"""


@each_engine
def test_by_dagster(declared, engine):
    _done(declared, engine, sys.executable, "-c", _DAGSTER)
    _check(declared)


@pytest.mark.parametrize("tool", ["list", "validate"])
def test_commands_that_need_no_engine(declared, tool):
    declared.write({"alur.toml": '[project]\nname = "shop"\n[env.dev]\n'})
    _done(declared, "spark", ALUR, tool)


_TEST = """
import pytest
from contracts import A
from alur.testing import rows, spark_session
from pipelines import called, squared, total

@pytest.fixture(scope="session", params=["ENGINE"])
def spark(request):
    with spark_session(request.param) as session:
        yield session

def test_called(spark):
    found = called(rows(spark, [A(id=1)])).collect()
    assert [tuple(row) for row in found] == [(1, "n1", 2, 1.5, "odd")]

def test_squared(spark):
    assert squared(rows(spark, [A(id=1)])).count() == 3

def test_total(spark):
    assert total(rows(spark, [A(id=1), A(id=4)])).collect() == [(5,)]
"""


@each_engine
def test_in_a_users_own_tests(declared, engine):
    declared.write({"tests/test_it.py": _TEST.replace("ENGINE", engine)})
    _done(declared, engine, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")


def test_in_a_glue_job_on_spark_connect(jobs):
    jobs.declare(_CONTRACTS, _PIPELINES).deploy()
    jobs.land("e/1.csv", "id\n1\n2\n")
    for name in ("load", "called", "total", "registered"):
        done = jobs.start(name)
        assert done.returncode == 0, done.stdout + done.stderr
    for table in ("silver.called", "silver.total", "silver.registered"):
        assert jobs.rows(table) == _TABLES[table], table
