"""A run on this machine imports what it needs, and nothing that other commands need."""

import json
import subprocess
import sys

import pytest

from tests.dagster_server import environment
from tests.tiny_project import TinyProject

CONTRACTS = """
class Raw(BronzeTable):
    n: int
class Doubled(SilverTable):
    n: int
"""
PIPELINES = """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Doubled)
def double(raw):
    return raw.select((raw.n * 2).alias("n"))
"""
WITH_DISTUTILS = """

@pipeline(sources={"raw": Raw}, target=Doubled)
def double(raw):
    rows = raw.toPandas()
    import setuptools
    import distutils.version
    from distutils.core import setup
    assert distutils.version.LooseVersion("1.10") > distutils.version.LooseVersion("1.9")
    return raw.sparkSession.createDataFrame([(int(n) * 2,) for n in rows["n"]], "n long")
"""
SCRIPT = """
import json, sys
sys.argv[0] = "alur"
from alur.cli.main import main
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
UNUSED = {"boto3", "dagster", "distutils", "jinja2", "moto", "rich", "setuptools"}


@pytest.fixture
def numbers(project: TinyProject):
    project.declare(CONTRACTS, PIPELINES)
    project.land("in/a.csv", "n\n1\n2\n")
    return project


def run(project, *arguments):
    """Run a command in a process of its own; return its output and the packages it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=project.root,
        env=environment(ALUR_ENGINE="sail"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "istutils" not in done.stderr, (
        "setuptools warns if something else stands for its modules"
    )
    *lines, packages = done.stdout.splitlines()
    return lines, set(json.loads(packages))


def test_a_run_imports_neither_setuptools_nor_what_other_commands_need(numbers):
    lines, packages = run(numbers, "run", "--all", "--env", "local")
    assert any("2 pipelines completed" in line for line in lines)
    assert {"pyspark", "pyiceberg", "pysail"} <= packages
    assert packages & UNUSED == set()


def test_pipelines_may_use_pandas_setuptools_and_distutils(numbers):
    first, _, _ = PIPELINES.partition("\n\n@pipeline")
    numbers.declare(CONTRACTS, first + WITH_DISTUTILS)
    run(numbers, "run", "--all", "--env", "local")
    rows, _ = run(numbers, "show", "silver.doubled", "--csv")
    assert rows[0] == "n"
    assert sorted(rows[1:]) == ["2", "4"]
