"""Jobs in the sandbox, killed with their engine: no row is lost, doubled or altered, and the next run finishes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration import test_killed_writes as shop
from tests.sandboxed import JOB_ENGINES, SandboxProject
from tests.terraform import needs_provider
from tests.waiting import wait_until

pytestmark = needs_provider

TABLES = {
    "add": "bronze.added",
    "merge": "silver.merged",
    "part": "silver.parted",
    "replace": "gold.replaced",
}
"""The tables by their pipelines."""


@dataclass
class Shop(SandboxProject):
    """A deployed project.

    Attributes:
        files: the number of landed files.
        seconds: how long a run of each pipeline took.
        opened: the clients.
    """

    files: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)

    def land(self, name: str, content: str | bytes) -> Path:
        """Put a file into the landing prefix."""
        body = content if isinstance(content, bytes) else content.encode()
        key = f"landing/{name}"
        self.client("s3").put_object(Bucket="alur-shop-bronze-sandbox", Key=key, Body=body)
        return Path(name)

    def land_next(self) -> None:
        """Land the next file."""
        shop.land(self, self.files)
        self.files += 1

    def begin(self, pipeline: str) -> str:
        """Start a job run; return its id."""
        run: str = self.client("glue").start_job_run(JobName=job(pipeline))["JobRunId"]
        return run

    def end(self, pipeline: str, run: str) -> str:
        """Wait until a job run has ended; return its state, and what it says of a failure."""
        glue = self.client("glue")

        def ended() -> str | None:
            described = glue.get_job_run(JobName=job(pipeline), RunId=run)["JobRun"]
            if "CompletedOn" not in described:
                return None
            return " ".join((described["JobRunState"], described.get("ErrorMessage", ""))).rstrip()

        state: str = wait_until(ended)
        return state

    def run_job(self, pipeline: str) -> None:
        """Run a job, which must succeed, and measure it."""
        run = self.begin(pipeline)
        wait_until(lambda: self.processes(run))
        began = time.perf_counter()
        assert self.end(pipeline, run) == "SUCCEEDED"
        self.seconds[pipeline] = time.perf_counter() - began

    def processes(self, run: str) -> list[int]:
        """Return the processes of a job run and its engine, once both have started."""
        found = [process for process, _ in self.processes_in(run)]
        return found if len(found) > 1 else []

    def kill_job(self, pipeline: str, wait: Callable[[], None]) -> bool:
        """Start a job run, wait, and kill its process and its engine; return whether it was killed before its end."""
        run = self.begin(pipeline)
        processes = wait_until(lambda: self.processes(run))
        wait()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return self.end(pipeline, run) != "SUCCEEDED"

    def keys(self, pipeline: str, kind: str) -> set[str]:
        """Return the keys of the objects of a pipeline's table, of a kind."""
        layer, _, table = TABLES[pipeline].partition(".")
        found = self.client("s3").list_objects_v2(
            Bucket=f"alur-shop-{layer}-sandbox", Prefix=f"tables/{table}/"
        )
        return {one["Key"] for one in found.get("Contents", ()) if one["Key"].endswith(kind)}

    def client(self, service: str) -> Any:
        """Return boto3's client of the sandbox, created once: signs of a write last for milliseconds."""
        if service not in self.opened:
            self.opened[service] = super().client(service)
        return self.opened[service]

    def new(self, pipeline: str, kind: str) -> Callable[[], None]:
        """Return a function that waits until a pipeline's table has a new object of a kind."""
        before = self.keys(pipeline, kind)
        return lambda: wait_until(lambda: self.keys(pipeline, kind) - before, pause=0.01)

    def assert_whole(self, pipeline: str, *files: int) -> None:
        """Assert that a table has the rows after some number of files."""
        table = TABLES[pipeline].partition(".")[2]
        assert shop.found(self, table)[table] in [shop.truth(number)[table] for number in files]


def job(pipeline: str) -> str:
    return f"alur-shop-{pipeline}-sandbox"


@pytest.fixture
def deployed(tmp_path: Path, job_engine: str) -> Iterator[Shop]:
    project = Shop(tmp_path / "shop", engines=None)  # type: ignore[arg-type]
    shop.declare(project, 0)
    project.done("sandbox", "up", "--engine", job_engine)
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    yield project
    project.close()


SIGNS = {"add": ".parquet", "part": ".metadata.json"}
"""The kinds of new objects at which runs are killed."""


@pytest.mark.parametrize("job_engine", ["sail"])
def test_killed_when_files_appear(deployed: Shop) -> None:
    """The second job is killed in the first write of its table."""
    deployed.land_next()
    deployed.run_job("add")
    deployed.land_next()
    killed = 0
    for pipeline, kind in SIGNS.items():
        killed += deployed.kill_job(pipeline, deployed.new(pipeline, kind))
        if pipeline == "add":
            deployed.assert_whole("add", 1, 2)
        # The second run of a job waits for the first, and takes no file twice.
        runs = [deployed.begin(pipeline) for _ in range(2 if pipeline == "add" else 1)]
        assert {deployed.end(pipeline, run) for run in runs} == {"SUCCEEDED"}
        deployed.assert_whole(pipeline, 2)
    # A commit may come before the kill.
    assert killed
    deployed.done("status", "--env", "sandbox")


@pytest.mark.nightly
@pytest.mark.parametrize("job_engine", JOB_ENGINES)
def test_killed_at_moments_of_every_mode(deployed: Shop, job_engine: str) -> None:
    moments = 40 if job_engine == "sail" else 16
    chance, killed = random.Random(moments), 0
    for _ in range(2):
        deployed.land_next()
        for pipeline in TABLES:
            deployed.run_job(pipeline)
    whole = dict.fromkeys(TABLES, deployed.files)
    for moment in range(moments):
        pipeline = list(TABLES)[moment % len(TABLES)]
        deployed.land_next()
        if pipeline != "add":
            deployed.run_job("add")
            whole["add"] = deployed.files
        # The first half is the start of the process and its engine.
        seconds = deployed.seconds[pipeline] * (0.5 + chance.random() / 2)
        killed += deployed.kill_job(pipeline, lambda seconds=seconds: time.sleep(seconds))
        deployed.assert_whole(pipeline, whole[pipeline], deployed.files)
        deployed.run_job(pipeline)
        deployed.assert_whole(pipeline, deployed.files)
        whole[pipeline] = deployed.files
    assert killed >= moments * 0.6
