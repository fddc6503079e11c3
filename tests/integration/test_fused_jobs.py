"""Pipelines that share a Glue job, in the sandbox: one story in order, of successes, failures, repetitions and kills."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from tests.sandboxed import SandboxProject, needs_spark, process_of
from tests.terraform import needs_provider
from tests.waiting import wait_until

pytestmark = needs_provider

CONTRACTS = """
class Raw(BronzeTable):
    n: int
class Clean(SilverTable):
    n: int
class Twice(SilverTable):
    n: int
class Report(GoldTable):
    n: int
class Other(GoldTable):
    n: int
"""
PIPELINES = """
import time
from pathlib import Path
from alur.scheduling import schedule

CONTROL = Path({control!r})

def controlled(name, rows):
    once = CONTROL / f"fail-once-{{name}}"
    if once.exists():
        once.unlink()
        raise ValueError("as the test wants, once")
    if (CONTROL / f"fail-{{name}}").exists():
        raise ValueError("as the test wants")
    while (CONTROL / f"hold-{{name}}").exists():
        (CONTROL / f"held-{{name}}").touch()
        time.sleep(0.1)
    return rows

@schedule(cron="cron(0 * * * ? *)", scope="downstream")
@pipeline(sources={{"rows": files("*.csv", schema=Raw)}}, target=Raw, mode="append")
def load(rows):
    return controlled("load", rows)

@pipeline(sources={{"raw": Raw}}, target=Clean, mode="append")
def clean(raw):
    return controlled("clean", raw.select("n"))

@pipeline(sources={{"raw": Raw}}, target=Twice)
def twice(raw):
    return controlled("twice", raw.selectExpr("n * 2 AS n"))

@pipeline(sources={{"clean": Clean, "twice": Twice}}, target=Report, mode="append")
def report(clean, twice):
    return controlled("report", clean.union(twice).agg(F.sum("n").alias("n")))

@pipeline(sources={{"raw": Raw}}, target=Other, resource_profile="medium")
def other(raw):
    return raw.select("n")
"""
ALUR_TOML = '[project]\nname = "shop"\n[defaults]\nfuse = "schedule"\njob_roles = "pipeline"\n'
JOB = "alur-shop-fused.load-2xg1x-sandbox"


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    """Return a folder whose files make pipelines fail or wait."""
    return tmp_path_factory.mktemp("control")


def declared(project, control):
    project.declare(CONTRACTS, PIPELINES.format(control=str(control)))
    project.write({"alur.toml": ALUR_TOML})
    project.land("a.csv", "n\n1\n2\n")
    return project


@pytest.fixture(scope="module")
def shop(tmp_path_factory, control):
    project = SandboxProject(tmp_path_factory.mktemp("fused") / "shop", engines=None)
    declared(project, control).done("sandbox", "up")
    project.done("deploy", "--env", "sandbox", "--auto-approve")
    yield project
    project.close()


@pytest.fixture(autouse=True)
def _control_is_cleared(control):
    yield
    for file in control.iterdir():
        file.unlink()


def runs(shop):
    return shop.client("glue").get_job_runs(JobName=JOB)["JobRuns"]


def repeat(shop, times):
    """Let Glue repeat failed runs, as ``job_max_retries`` does."""
    glue = shop.client("glue")
    job = glue.get_job(JobName=JOB)["Job"]
    replaced = {
        "Role",
        "Command",
        "DefaultArguments",
        "ExecutionProperty",
        "GlueVersion",
        "Timeout",
    }
    replaced |= {"Description", "WorkerType", "NumberOfWorkers", "ExecutionClass"}
    update = {name: value for name, value in job.items() if name in replaced}
    glue.update_job(JobName=JOB, JobUpdate=update | {"MaxRetries": times})


def snapshots(shop, table):
    """Return how many commits a table has."""
    contract = shop.contract(table)
    entry = shop.client("glue").get_table(
        DatabaseName=f"shop_sandbox_{contract.layer}", Name=contract.table
    )["Table"]
    bucket, _, key = entry["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    return len(
        json.loads(shop.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())["snapshots"]
    )


def test_one_job_runs_all_pipelines_of_the_schedule_that_have_its_size(shop):
    text = shop.done("sandbox", "fire", "load")
    ended = re.findall(r"✓ (\w+) SUCCEEDED", text)
    assert sorted(ended) == ["clean", "load", "other", "report", "twice"]
    # The other job waits for all of this one.
    assert ended[-1] == "other"
    assert len(runs(shop)) == 1
    jobs = shop.client("glue").get_jobs()["Jobs"]
    assert {job["Name"] for job in jobs} == {JOB, "alur-shop-other-sandbox"}
    assert shop.csv("clean") == ["1", "2"]
    assert shop.csv("report") == ["9"]
    assert shop.csv("other") == ["1", "2"]


def test_what_is_deployed_names_pipelines_and_says_why_some_share_no_job(shop):
    text = shop.done("status", "--env", "sandbox")
    assert f"✓ {JOB}\n      load, clean, twice, report\n      last run SUCCEEDED" in text
    assert "Deployed as declared" in text
    reason = (
        "not shared, since no other pipeline of its schedule has the size of its profile medium "
        "(5 workers G.1X)"
    )
    assert f"{reason}: other" in shop.done("infra", "generate", "--env", "sandbox")
    # The plan breaks its lines at 80 columns.
    plan = " ".join(shop.done("plan", "--env", "sandbox").split())
    assert re.search(r"4 pipelines share 1 job; with a job for each it would be \$\d+\.\d\d ", plan)
    assert f" {reason} other " in f"{plan} "


def test_a_failed_pipeline_stops_only_what_waits_for_it(shop, control):
    (control / "fail-clean").touch()
    shop.land("b.csv", "n\n10\n")
    code, text = shop.alur("sandbox", "fire", "load")
    assert code == 1
    assert re.findall(r"✓ (\w+) SUCCEEDED", text) == ["load", "twice"]
    assert "TransformError: clean raised ValueError: as the test wants (pipelines.py:" in text
    # Neither the pipeline that waits for it nor the job that waits for this one have started.
    assert re.findall(r"- (\w+) did not start", text) == ["other", "report"]
    last = runs(shop)[0]
    assert last["JobRunState"] == "FAILED"
    assert "1 of 4 pipelines failed: clean; skipped: report; clean: " in last["ErrorMessage"]
    assert sorted(map(int, shop.csv("twice"))) == [2, 4, 20]
    assert shop.csv("clean") == ["1", "2"]
    status = shop.done("status", "--env", "sandbox")
    assert "1 of 4 pipelines failed: clean; skipped: report" in status
    errors = shop.done("logs", "--env", "sandbox", "--errors")
    assert "clean raised ValueError: as the test wants" in errors
    assert "Executing transformation" not in errors


def test_a_repeated_run_leaves_what_the_first_attempt_has_written(shop, control):
    repeat(shop, 1)
    (control / "fail-once-clean").touch()
    shop.land("c.csv", "n\n100\n")
    before = {table: snapshots(shop, table) for table in ("raw", "clean", "twice", "report")}
    shop.done("sandbox", "fire", "load")
    again, first = runs(shop)[:2]
    assert (first["JobRunState"], again["JobRunState"]) == ("FAILED", "SUCCEEDED")
    assert again["Id"] == f"{first['Id']}_attempt_1"
    # Each pipeline has committed once, in one of both attempts.
    for table, count in before.items():
        assert snapshots(shop, table) == count + 1, table
    # clean appends all four rows of raw to the two of its first run.
    assert sorted(map(int, shop.csv("clean"))) == [1, 1, 2, 2, 10, 100]
    # 116 in clean, and twice 113.
    assert sorted(map(int, shop.csv("report"))) == [9, 342]
    log = shop.done("logs", again["Id"], "--env", "sandbox")
    assert log.count("an earlier attempt of this run has written its rows") == 2
    assert "All 4 pipelines completed successfully" in log


def test_a_killed_run_begins_again_where_it_was(shop, control):
    (control / "hold-report").touch()
    before = {table: snapshots(shop, table) for table in ("clean", "twice", "report")}
    with shop.start("sandbox", "fire", "load") as firing:
        wait_until((control / "held-report").exists)
        killed = runs(shop)[0]
        os.kill(process_of(killed["Id"]), signal.SIGKILL)
        (control / "hold-report").unlink()
        text, _ = firing.communicate()
    assert firing.returncode == 0, text
    again, first = runs(shop)[:2]
    assert (first["Id"], first["JobRunState"]) == (killed["Id"], "FAILED")
    assert again["JobRunState"] == "SUCCEEDED"
    # What the killed run had committed, the next one leaves; twice found its rows there already.
    for table, count in before.items():
        assert snapshots(shop, table) <= count + 1, table
    assert snapshots(shop, "clean") == before["clean"] + 1
    assert snapshots(shop, "report") == before["report"] + 1


def test_a_failed_run_is_repeated_by_hand_without_what_it_has_written(shop, control):
    repeat(shop, 0)
    (control / "fail-twice").touch()
    code, text = shop.alur("run", "--all", "--env", "sandbox")
    assert code == 1
    (failed, *_) = runs(shop)
    retry = ("run", "--retry", failed["Id"], "--env", "sandbox")
    assert f"then run what has failed or was skipped: alur {' '.join(retry)}" in text
    before = {table: snapshots(shop, table) for table in ("raw", "clean", "report")}
    # It fails again, and the run after that repeats both.
    code, text = shop.alur(*retry)
    assert code == 1
    (control / "fail-twice").unlink()
    text = shop.done("run", "--retry", runs(shop)[0]["Id"], "--env", "sandbox")
    assert re.findall(r"  ✓ (\w+) in", text) == ["load", "clean", "twice", "report"]
    assert {table: snapshots(shop, table) for table in before} == before | {
        "report": before["report"] + 1
    }
    log = shop.done("logs", runs(shop)[0]["Id"], "--pipeline", "clean", "--env", "sandbox")
    assert "Pipeline: clean (2 of 4)" in log
    assert "an earlier attempt of this run has written its rows" in log
    assert "Pipeline: load" not in log
    assert "Pipeline: twice" not in log
    # What has succeeded is not repeated.
    code, text = shop.alur("run", "--retry", runs(shop)[0]["Id"], "--env", "sandbox")
    assert code == 1
    assert "is SUCCEEDED: only failed runs are repeated" in text


def test_one_pipeline_of_a_job_runs_alone(shop, control):
    before = snapshots(shop, "report"), snapshots(shop, "clean")
    text = shop.done("run", "report", "--env", "sandbox")
    assert f"Starting Glue job: {JOB}" in text
    assert "[OK] Pipeline 'report' completed successfully!" in text
    assert (snapshots(shop, "report"), snapshots(shop, "clean")) == (before[0] + 1, before[1])


def test_running_everything_starts_each_job_once(shop, control):
    text = shop.done("run", "--all", "--env", "sandbox")
    assert [line for line in text.splitlines() if line.startswith("Starting Glue job")] == [
        f"Starting Glue job: {JOB}",
        "Starting Glue job: alur-shop-other-sandbox",
    ]
    assert re.findall(r"  ✓ (\w+) in \d+\.\d s", text) == ["load", "clean", "twice", "report"]
    assert "[OK] 5 pipelines completed" in text
    (control / "fail-clean").touch()
    code, text = shop.alur("run", "--all", "--env", "sandbox")
    assert code == 1
    assert "✗ clean failed: TransformError: clean raised ValueError" in text
    assert "- report skipped: it waits for clean, which failed" in text
    # other waits for neither: somebody who runs everything gets it.
    assert "[OK] Pipeline 'other' completed successfully!" in text
    assert "[ERROR] 1 failed, 1 skipped, 3 completed" in text


@pytest.mark.parametrize(
    "job_engine", ["sail", pytest.param("spark", marks=[needs_spark, pytest.mark.nightly])]
)
def test_the_sandbox_proves_shared_jobs(tmp_path, control, job_engine):
    project = declared(SandboxProject(tmp_path / "shop", engines=None), control)
    try:
        text = project.done("sandbox", "verify", "--engine", job_engine)
    finally:
        project.close()
    assert "✓ alur-schedule-shop-load-sandbox: 5 pipelines, 5 dependencies respected" in text
    assert "[OK] 1 start and 5 tables are the same in the sandbox as here" in text
