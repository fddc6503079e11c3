"""A run of the command line leaves its ends for Dagster, without Dagster."""

import subprocess
import sys
from pathlib import Path

import pytest

from alur_dagster.instance import locate_home
from alur_dagster.spool import Spool
from tests.dagster_server import environment
from tests.tiny_project import TinyProject

ALUR = Path(sys.executable).with_name("alur")
RUN = [ALUR, "run", "--all", "--env", "local"]
CONTRACTS = """
class Raw(BronzeTable):
    n: int
class Odd(SilverTable):
    n: int
    odd: str
"""
PIPELINES = """
@F.udf("string", useArrow=True)
def parity(n):
    return "odd" if n % 2 else "even"

@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw, mode="append")
def load(rows):
    return rows

@pipeline(sources={"raw": Raw}, target=Odd)
def name(raw):
    return raw.select("n", parity("n").alias("odd"))
"""


@pytest.fixture
def numbers(project: TinyProject, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    project.declare(CONTRACTS, PIPELINES)
    project.land("in/a.csv", "n\n1\n2\n")
    return project


def kept(project):
    return [entry.record()["pipeline"] for entry in Spool(locate_home(project.root)).waiting()]


def test_no_process_of_a_run_imports_dagster(numbers, tmp_path):
    """Whoever imports this Dagster leaves a mark. The function runs in Spark's Python processes."""
    package = tmp_path / "elsewhere" / "dagster"
    package.mkdir(parents=True)
    mark = package / "imported"
    (package / "__init__.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    variables = environment(PYTHONPATH=str(package.parent), ALUR_ENGINE="auto")
    done = subprocess.run(
        RUN, cwd=numbers.root, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran on Spark" in done.stdout
    assert kept(numbers) == ["load", "name"]
    assert not mark.exists()
    subprocess.run([sys.executable, "-c", "import dagster"], env=variables, check=True)
    assert mark.exists()


def test_an_end_that_was_printed_is_kept_when_the_run_is_killed(numbers):
    with subprocess.Popen(
        RUN, cwd=numbers.root, env=environment(), stdout=subprocess.PIPE, text=True
    ) as run:
        assert any("load → bronze.raw" in line for line in run.stdout)
        run.kill()
    assert kept(numbers)[0] == "load"


def test_without_dagster_nothing_is_kept(numbers):
    # `find_spec` finds no module whose entry is None.
    code = (
        "import sys; sys.modules['dagster'] = None; sys.argv[0] = 'alur';"
        "from alur.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, *RUN[1:2], "load", *RUN[3:]]
    done = subprocess.run(
        command, cwd=numbers.root, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert kept(numbers) == []
