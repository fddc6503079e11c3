"""A project with its own sandbox, for tests through the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from alur.aws_clients import Clients
from alur.errors import AlurError
from alur.project.project import Project
from alur.runtime.engines.spark import java_home
from alur.runtime.tables.glue_reader import read_table
from alur.sandbox.client.sandbox import Sandbox
from alur.sandbox.spark_installation import JARS_VARIABLE
from alur.sandbox.state_file import SandboxState
from alur.sandbox.variables import environment
from tests.tiny_project import TinyProject

ALUR = Path(sys.executable).with_name("alur")


def _reason() -> str | None:
    """Return why jobs cannot run on Spark here; None if they can. No test downloads jars."""
    if JARS_VARIABLE not in os.environ:
        return f"{JARS_VARIABLE} names no folder with Iceberg's runtime for Spark 3.5"
    try:
        java_home()
    except AlurError as error:
        return error.message
    return None


WITHOUT_SPARK = _reason()
needs_spark = pytest.mark.skipif(WITHOUT_SPARK is not None, reason=WITHOUT_SPARK or "")
JOB_ENGINES = ("sail", pytest.param("spark", marks=needs_spark))
each_job_engine = pytest.mark.parametrize("job_engine", JOB_ENGINES)
"""Runs a test on both engines of a sandbox, one after the other."""


@dataclass
class SandboxProject(TinyProject):
    """A project below ``root``; ``alur`` runs the command line in it."""

    def alur(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run a command; return its exit code, and its output on both streams."""
        with self.start(*arguments, **variables) as process:
            text, _ = process.communicate()
        return process.returncode, text

    def start(self, *arguments: str, **variables: str) -> Any:
        """Start a command in the background."""
        return subprocess.Popen(
            [ALUR, *arguments],
            cwd=self.root,
            env=_surroundings() | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def done(self, *arguments: str) -> str:
        """Run a command that must succeed; return its output."""
        code, text = self.alur(*arguments)
        assert code == 0, text
        return text

    def project(self) -> Project:
        """Load the project as its files are now."""
        return self.load()

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return Sandbox.of(self.project())

    @cached_property
    def state(self) -> SandboxState:
        """The state of the running sandbox."""
        state = self.sandbox.state()
        assert state is not None
        return state

    def client(self, service: str) -> Any:
        """Return boto3's client of the sandbox."""
        names = environment(self.state)
        session = boto3.Session(
            names["AWS_ACCESS_KEY_ID"],
            names["AWS_SECRET_ACCESS_KEY"],
            region_name=self.state.region,
        )
        return session.client(service, endpoint_url=self.state.address)

    def clients(self) -> Clients:
        """Return Alur's clients, all of them created."""
        clients = Clients(self.state.region)
        for service in ("glue", "events", "iam", "s3", "logs"):
            clients._clients[service] = self.client(service)
        return clients

    def csv(self, table: str) -> list[str]:
        """Return the lines of a table in the sandbox, without the header."""
        return self.done("show", table, "--env", "sandbox", "--csv").splitlines()[1:]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return a table's rows in the sandbox, as listed in Iceberg's metadata."""
        contract = self.contract(table)
        database = self.as_declared().environment("sandbox").names.database(contract.layer)
        found, _ = read_table(
            self.client("glue"), self.client("s3"), self.s3_properties, database, contract
        )
        return sorted(zip(*(found[name].to_pylist() for name in columns), strict=True), key=repr)

    @property
    def s3_properties(self) -> dict[str, str]:
        """How PyIceberg reaches the sandbox's S3."""
        return {
            "s3.region": self.state.region,
            "s3.endpoint": self.state.address,
            "s3.access-key-id": self.state.access_key,
            "s3.secret-access-key": "none",
        }

    def processes_in(self, run_id: str) -> Iterator[tuple[int, bytes]]:
        """Yield the processes of a job run, its engine's with them, each with its command line."""
        folder = str(self.root / ".alur" / "sandbox" / "runs" / run_id)
        for pid, command in commands():
            with suppress(OSError):
                if os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)") == folder:
                    yield pid, b" ".join(command)

    def close(self) -> None:
        """Stop the sandbox, in whatever state."""
        state = self.sandbox.state()
        with suppress(ProcessLookupError):
            if state:
                os.kill(state.pid, signal.SIGKILL)


def commands() -> Iterator[tuple[int, list[bytes]]]:
    """Yield the processes on this machine, each with its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield int(folder.name), (folder / "cmdline").read_bytes().split(b"\0")


def process_of(run_id: str) -> int | None:
    """Return the process of a job run on this machine."""
    wanted = {run_id.encode(), b"--JOB_RUN_ID"}
    return next((pid for pid, command in commands() if wanted <= set(command)), None)


def _surroundings() -> dict[str, str]:
    """Return this process's variables with those of another AWS and a proxy, which the sandbox must ignore."""
    names = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    return names | {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_PROFILE": "production",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
        "NO_PROXY": "intranet",
    }
