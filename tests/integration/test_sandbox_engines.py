"""Jobs in the sandbox change existing tables, on each of its engines: one story per engine, in order."""

from __future__ import annotations

import json
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.integration import test_write_modes as modes
from tests.sandboxed import JOB_ENGINES, SandboxProject, process_of
from tests.terraform import needs_provider
from tests.tiny_project import csv_of
from tests.waiting import wait_until

pytestmark = needs_provider

COMBINATIONS = [
    ("overwrite", "both"),
    ("append", "identity"),
    ("merge", "months"),
    ("overwrite_partitions", "days"),
]
APPENDED = "append_identity"
JOB = f"alur-shop-write_{APPENDED}-sandbox"
TAKE = "alur-shop-take-sandbox"
SMALL = "class Batch(BronzeTable):\n    id: int = Field(lt=100)\n"
CONTROLLED = """
import time
from pathlib import Path
from alur.scheduling import schedule

CONTROL = Path({control!r})

def held(n):
    while (CONTROL / "hold").exists():
        (CONTROL / "held").touch()
        time.sleep(0.1)
    return n

def controlled(rows):
    if (CONTROL / "fail").exists():
        raise ValueError("as the test wants")
    return rows.withColumn("n", F.udf(held, "long")("n")) if (CONTROL / "hold").exists() else rows
"""


@dataclass
class Shop(SandboxProject):
    """A project with a table for each mode, and their expected rows."""

    expected: dict[str, list[tuple]] = field(default_factory=dict)

    @property
    def control(self):
        """The folder whose files make pipelines fail or wait."""
        return self.root.parent / "control"

    @contextmanager
    def holding(self):
        """Let pipelines wait at their rows within the ``with`` block."""
        (self.control / "hold").touch()
        try:
            yield
        finally:
            (self.control / "hold").unlink()

    def take(self, batch):
        """Fire the schedule with a new batch; record the expected rows."""
        self.land("batch.csv", csv_of(modes.HEADER, [map(modes.cell, row) for row in batch]))
        for mode, partition in COMBINATIONS:
            self.expect(mode, partition, batch)
        return self.alur("sandbox", "fire", "take")

    def expect(self, mode, partition, batch):
        """Record the expected rows of a table after a write."""
        name = f"{mode}_{partition}"
        old = self.expected.get(name, [])
        self.expected[name] = modes.written(mode, partition, old, modes.typed(batch))

    def assert_tables(self):
        """Assert that each table has the rows computed in plain Python for its mode."""
        for name, rows in self.expected.items():
            found = self.rows(name, "id", "at", "code", "n")
            assert found == sorted(rows, key=repr), name

    def edit(self, file, old, new):
        """Change a module."""
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new))


@pytest.fixture(scope="module", params=JOB_ENGINES)
def job_engine(request):
    return request.param


@pytest.fixture(scope="module")
def shop(tmp_path_factory, job_engine):
    project = Shop(tmp_path_factory.mktemp(job_engine) / "shop", engines=None)
    project.control.mkdir()
    modes.declare(project, COMBINATIONS)
    controlled = CONTROLLED.format(control=str(project.control))
    scheduled = (
        '@schedule(cron="rate(1 day)", scope="downstream")\n@pipeline(sources={"batch": files('
    )
    project.edit("pipelines.py", '@pipeline(sources={"batch": files(', controlled + scheduled)
    project.edit(
        "pipelines.py", 'batch.select("n", "code", "at", "id")', "controlled(batch.select(*KEPT))"
    )
    project.edit("pipelines.py", "    return batch\n", "    return controlled(batch)\n")
    project.edit("pipelines.py", "CONTROL = ", 'KEPT = ["n", "code", "at", "id"]\nCONTROL = ')
    project.write({"alur.toml": '[project]\nname = "shop"\n[env.sandbox]\njob_max_retries = 1\n'})
    yield project
    project.close()


def test_every_mode_writes_into_tables_that_exist(shop, job_engine):
    assert "Jobs run on:   " + job_engine.capitalize() in shop.done(
        "sandbox", "up", "--engine", job_engine
    )
    assert f"jobs run on {job_engine.capitalize()}" in shop.done("sandbox", "status")
    shop.done("deploy", "--env", "sandbox", "--auto-approve")
    for batch in (modes.BEFORE, modes.AFTER):
        code, text = shop.take(batch)
        assert (code, text.count("SUCCEEDED")) == (0, 5), text
        shop.assert_tables()


def test_rows_are_written_once_where_the_engine_has_branches(shop, job_engine):
    """Only a merge stages rows on Spark, since it reads them twice; Sail stages those of every mode."""
    staged = {
        mode for mode, partition in COMBINATIONS if _staged_bytes(shop, f"{mode}_{partition}")
    }
    assert staged == ({"merge"} if job_engine == "spark" else {mode for mode, _ in COMBINATIONS})


def _staged_bytes(shop, table):
    """Return how many bytes the latest run of a job has staged; they are deleted, but the bucket keeps versions."""
    runs = shop.client("glue").get_job_runs(JobName=f"alur-shop-write_{table}-sandbox")["JobRuns"]
    versions = shop.client("s3").list_object_versions(
        Bucket="alur-shop-artifacts-sandbox",
        Prefix=f"shop/sandbox/temp/staging/{runs[0]['Id']}/",
    )
    return sum(version["Size"] for version in versions.get("Versions", ()))


def test_refused_rows_are_shown(shop, job_engine):
    if job_engine == "sail":
        pytest.skip("Sail has no branches, and deletes staged rows")
    shop.edit("contracts.py", "class Batch(BronzeTable):\n    id: int\n", SMALL)
    shop.done("deploy", "--env", "sandbox", "--auto-approve")
    glue = shop.client("glue")
    earlier = len(glue.get_job_runs(JobName=TAKE)["JobRuns"])
    shop.land("batch.csv", csv_of(modes.HEADER, [(100, "", "", ""), (7, "", "", "")]))
    assert shop.alur("run", "take", "--env", "sandbox")[0] == 1

    def ended():
        runs = glue.get_job_runs(JobName=TAKE)["JobRuns"]
        # Glue repeats it once.
        return len(runs) == earlier + 2 and "CompletedOn" in runs[0] and runs[0]["Id"]

    run_id = wait_until(ended)
    shown = shop.done("show", "batch", "--env", "sandbox", "--run", run_id, "--csv")
    assert sorted(int(line.partition(",")[0]) for line in shown.splitlines()[1:]) == [7, 100]
    kept = f"the branch alur_run_{run_id} of bronze.batch has the rows until the next good run"
    assert kept in shop.done("logs", run_id, "--env", "sandbox")
    shop.land("batch.csv", modes.text(modes.AFTER))
    shop.done("run", "take", "--env", "sandbox")
    code, text = shop.alur("show", "batch", "--env", "sandbox", "--run", run_id)
    assert (code, f"has no refused rows of the run {run_id}" in text) == (1, True)


def test_a_failure_stops_what_waits_for_it(shop):
    before = shop.rows(APPENDED, "id", "n")
    (shop.control / "fail").touch()
    code, text = shop.alur("sandbox", "fire", "take")
    (shop.control / "fail").unlink()
    assert code == 1
    assert "✗ take FAILED" in text
    assert "TransformError: take raised ValueError: as the test wants" in text
    assert text.count("did not start") == len(COMBINATIONS)
    assert shop.rows(APPENDED, "id", "n") == before


def test_what_is_killed_in_mid_write_leaves_the_old_table(shop, job_engine):
    """First the driver is killed, then, in Glue's retry, the engine."""
    before = shop.rows(APPENDED, "id", "n")
    glue = shop.client("glue")
    with shop.holding():
        first = glue.start_job_run(JobName=JOB)["JobRunId"]
        wait_until((shop.control / "held").exists)
        os.kill(process_of(first), signal.SIGKILL)
        second = wait_until(lambda: _runs(glue)[0]["Id"] != first and _runs(glue)[0]["Id"])
        # No process of the first attempt is left to request values.
        wait_until(lambda: not list(shop.processes_in(first)))
        (shop.control / "held").unlink()
        wait_until((shop.control / "held").exists)
        (engine,) = _engine_processes(shop, second)
        os.kill(engine, signal.SIGKILL)
        ended = wait_until(lambda: _ended(glue) and _runs(glue))
    assert [(run["JobRunState"], run["ErrorMessage"]) for run in ended[:2]] == [
        ("FAILED", "The engine has ended: see the error log"),
        ("FAILED", "Command failed with exit code 137"),
    ]
    assert shop.rows(APPENDED, "id", "n") == before
    shop.done("run", f"write_{APPENDED}", "--env", "sandbox")
    shop.expected[APPENDED] += modes.typed(modes.AFTER)
    shop.assert_tables()


def _runs(glue):
    return glue.get_job_runs(JobName=JOB)["JobRuns"]


def _ended(glue):
    return "CompletedOn" in _runs(glue)[0]


def _engine_processes(shop, run_id):
    for pid, command in shop.processes_in(run_id):
        if b"SparkSubmit" in command or b"sail_main.py" in command:
            yield pid


def test_a_role_that_may_not_commit(shop):
    """The engine's own clients have the role's permissions, too."""
    before = shop.rows(APPENDED, "id", "n")
    iam = shop.client("iam")
    role = {"RoleName": "alur-glue-shop-sandbox", "PolicyName": "run-pipelines"}
    policy = json.dumps(iam.get_role_policy(**role)["PolicyDocument"])
    iam.put_role_policy(**role, PolicyDocument=policy.replace("glue:UpdateTable", "glue:GetJob"))
    glue = shop.client("glue")
    first = glue.start_job_run(JobName=JOB)["JobRunId"]
    # Glue repeats it once.
    ended = wait_until(
        lambda: _runs(glue)[0].get("PreviousRunId") == first and _ended(glue) and _runs(glue)[:2]
    )
    iam.put_role_policy(**role, PolicyDocument=policy)
    refused = "is not authorized to perform: glue:UpdateTable on resource: arn:aws:glue:"
    for run in ended:
        assert run["JobRunState"] == "FAILED", run
        assert refused in shop.done("logs", run["Id"], "--env", "sandbox", "--errors")
    assert shop.rows(APPENDED, "id", "n") == before


def test_a_contract_that_changes(shop, job_engine):
    """Spark has ALTER TABLE, and replaces a table for an overwrite; Sail lacks both, and reports so."""
    shop.edit("contracts.py", "    n: int | None\n", "    n: int | None\n    more: str | None\n")
    shop.edit("pipelines.py", '"at", "id"]', '"at", "id", "more"]')
    shop.done("deploy", "--env", "sandbox", "--auto-approve")
    cells = [[*map(modes.cell, row), "x"] for row in modes.AFTER]
    shop.land("batch.csv", csv_of(f"{modes.HEADER},more", cells))
    code, text = shop.alur("run", "take", "--env", "sandbox")
    if job_engine == "sail":
        assert code == 1
        assert "(more was added), and this engine has no ALTER TABLE" in text
        return
    assert code == 0, text
    for mode, partition in COMBINATIONS[:2]:
        name = f"{mode}_{partition}"
        shop.expect(mode, partition, modes.AFTER)
        shop.done("run", f"write_{name}", "--env", "sandbox")
        old = len(shop.expected[name]) - len(modes.AFTER)
        values = [value for (value,) in shop.rows(name, "more")]
        assert sorted(values, key=str) == [None] * old + ["x"] * len(modes.AFTER), name
    assert len(shop.rows(APPENDED, "id")) > len(modes.AFTER)
    shop.assert_tables()
