"""Dagster's web UI in a separate process, for tests from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alur_dagster.instance import locate_home
from alur_dagster.spool import Spool
from tests.waiting import wait_until

PATIENCE = 180


@dataclass
class DagsterServer:
    """A running web UI, and the file with its output."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a web UI with the project's own instance."""
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return kept | {"DAGSTER_DISABLE_TELEMETRY": "yes"} | more


@contextlib.contextmanager
def serving(
    command: Sequence[str | Path], cwd: Path, log: Path, more: Mapping[str, str] | None = None
) -> Iterator[DagsterServer]:
    """Start a command with ``--port`` and wait for an answer; end it and all its descendants afterwards."""
    # What is killed leaves its temporary files, with sockets among them: the path must be short.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        variables = environment(**(more or {}) | {"TMPDIR": temporary})
        server = _start(command, cwd, log, variables)
        try:
            _wait_for(server)
            yield server
        finally:
            _end(server.process)


def _start(
    command: Sequence[str | Path], cwd: Path, log: Path, variables: Mapping[str, str]
) -> DagsterServer:
    port = free_port()
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=cwd,
            env=variables,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return DagsterServer(process, port, log)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=60)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_recorded(root: Path) -> None:
    """Wait until a project's web UI has recorded all runs of the command line."""
    spool = Spool(locate_home(root))
    wait_until(lambda: not spool.waiting())


def _wait_for(server: DagsterServer) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.process.poll() is None, server.log.read_text()
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{server.url}/server_info", timeout=5),
        ):
            return
        time.sleep(0.2)
    pytest.fail(f"the web UI did not answer:\n{server.log.read_text()}")
