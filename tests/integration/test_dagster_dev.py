"""``alur dev`` as a process: its address, its output, and one web UI per project."""

import fcntl
import signal
import socket
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from alur_dagster.instance import locate_home
from tests.dagster_server import PATIENCE, environment, free_port, serving, wait_until_recorded
from tests.tiny_project import TinyProject

ALUR = Path(sys.executable).with_name("alur")
CONTRACTS = "class Raw(BronzeTable):\n    n: int\n"
PIPELINES = """
@pipeline(sources={"rows": files("in/*.csv", schema=Raw)}, target=Raw)
def load(rows):
    return rows
"""


def refused(project, *arguments):
    """Return the message of ``alur dev`` when it does not start."""
    done = subprocess.run(
        [ALUR, "dev", *arguments],
        cwd=project.root,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.fixture
def declared(project: TinyProject):
    return project.declare(CONTRACTS, PIPELINES)


@pytest.fixture
def running(declared, tmp_path):
    """Yield a running ``alur dev``."""
    with serving([ALUR, "dev"], declared.root, tmp_path / "dev.log") as server:
        yield server


def test_a_taken_port_is_an_error_that_names_a_free_one(declared):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        message = refused(declared, "--port", str(port))
    assert f"[ERROR] port {port} of 127.0.0.1 is taken by another program" in message
    proposed = int(message.rpartition("alur dev --port ")[2])
    assert port < proposed < port + 100


def test_an_address_of_another_machine_is_an_error(declared):
    # 192.0.2.0/24 is reserved for documentation: no machine has an address in it.
    message = refused(declared, "--host", "192.0.2.1")
    assert "cannot listen on port 3000 of 192.0.2.1: Cannot assign requested address" in message
    assert "fix: choose another with --host or --port" in message


def test_a_project_has_one_at_a_time(declared, running):
    message = refused(declared, "--port", str(free_port()))
    running_there = f"{running.url} (process {running.process.pid})"
    assert f"[ERROR] Dagster already runs for this project: {running_there}" in message
    printed = running.log.read_text()
    assert printed.startswith(f"Dagster's web UI: {running.url} (Ctrl-C ends it)\n")
    assert "Warning" not in printed

    running.process.send_signal(signal.SIGINT)
    running.process.wait(timeout=PATIENCE)
    with (declared.root / ".alur" / "dagster" / "web-ui.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_runs_of_the_command_line_before_and_during_it_are_recorded(declared, tmp_path):
    key = dg.AssetKey(["bronze", "raw"])
    declared.land("in/a.csv", "n\n1\n")
    command = [ALUR, "run", "load", "--env", "local"]
    subprocess.run(command, cwd=declared.root, env=environment(), check=True)
    with serving([ALUR, "dev"], declared.root, tmp_path / "dev.log"):
        for count in (1, 2):
            wait_until_recorded(declared.root)
            with dg.DagsterInstance.from_config(str(locate_home(declared.root))) as instance:
                assert len(instance.fetch_materializations(key, limit=5).records) == count
            declared.land("in/a.csv", f"n\n{1 + count}\n")
            subprocess.run(command, cwd=declared.root, env=environment(), check=True)
    assert "[WARNING]" not in (tmp_path / "dev.log").read_text()
