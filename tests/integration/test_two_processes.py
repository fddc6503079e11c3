"""Two processes at one table: one waits for the other or is refused, and no row is lost, doubled or altered."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dagster_server import PATIENCE, environment, serving
from tests.integration.test_many_commits import opened
from tests.tiny_project import TinyProject, csv_of

ALUR = Path(sys.executable).with_name("alur")
CONTRACTS = """
class Raw(BronzeTable):
    id: int
class Other(BronzeTable):
    id: int
"""
PIPELINES = """
import time
from pathlib import Path

ROOT = Path(__file__).parent

@pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw, mode="append")
def load(raw):
    while (ROOT / "hold").exists():
        (ROOT / "held").touch()
        time.sleep(0.05)
    return raw

@pipeline(sources={"other": files("*.csv", schema=Other)}, target=Other, mode="append")
def load_other(other):
    return other
"""
WAITING = "waiting for another run that is writing bronze.raw"


@pytest.fixture
def raw(project: TinyProject) -> TinyProject:
    project.declare(CONTRACTS, PIPELINES)
    project.land("0.csv", csv_of("id", [(0,)]))
    return project


def start(project: TinyProject, *arguments: str) -> subprocess.Popen[str]:
    """Start a command, with both streams in one."""
    return subprocess.Popen(
        [ALUR, *arguments, "--env", "local"],
        cwd=project.root,
        env=environment(ALUR_ENGINE="sail", PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return a command's exit code and output."""
    text, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, text


@contextmanager
def held(project: TinyProject) -> Iterator[subprocess.Popen[str]]:
    """Start a run, and let it wait in its function until the ``with`` block ends."""
    (project.root / "hold").touch()
    process = start(project, "run", "load")
    wait_until(lambda: (project.root / "held").exists() or process.poll() is not None)
    assert process.poll() is None, ended(process)
    yield process
    (project.root / "hold").unlink()


def wait_until(holds) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read a command's output until a line with a text."""
    assert process.stdout
    assert any(text in line for line in process.stdout)


def test_two_runs_and_a_maintenance_of_one_table_and_a_run_of_another(raw: TinyProject) -> None:
    with held(raw) as first:
        second = start(raw, "run", "load")
        read_until(second, WAITING)
        code, text = ended(start(raw, "run", "load_other"))
        assert code == 0, text
        raw.land("1.csv", csv_of("id", [(1,)]))
        maintenance = start(raw, "maintain", "other")
        code, text = ended(maintenance)
        assert code == 0, text
    for process in (first, second):
        code, text = ended(process)
        assert code == 0, text
    assert raw.rows("raw") == [(0,), (1,)]
    assert raw.rows("other") == [(0,)]


def test_a_commit_of_a_program_that_takes_no_lock(raw: TinyProject) -> None:
    code, text = ended(start(raw, "run", "load"))
    assert code == 0, text
    raw.land("1.csv", csv_of("id", [(1,)]))
    with held(raw) as run:
        table = opened(raw, "bronze.raw")
        table.append(table.scan().to_arrow())
    code, text = ended(run)
    print(code, text)
    assert raw.rows("raw") == [(0,), (0,)]
    assert code == 1
    code, text = ended(start(raw, "run", "load"))
    assert code == 0, text
    assert raw.rows("raw") == [(0,), (0,), (1,)]
