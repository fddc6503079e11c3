"""`alur sandbox` as a user types it: successes and failures of one project, as one story in order."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timezone

import boto3
import pytest
from botocore.exceptions import ClientError

from alur.errors import SandboxError
from alur.sandbox.client.event_bridge import EventBridge
from alur.sandbox.client.workflow_following import follow_workflow
from tests.sandboxed import SandboxProject, commands, process_of
from tests.terraform import needs_provider
from tests.waiting import wait_until

pytestmark = needs_provider

CONTRACTS = """
class Raw(BronzeTable):
    n: int
class Clean(SilverTable, key="n"):
    n: int
class Report(GoldTable):
    n: int
class Total(GoldTable):
    n: int
"""
PIPELINES = """
import importlib
import time
from pathlib import Path
from alur.scheduling import schedule

CONTROL = Path({control!r})

def held(n):
    while Path({control!r}, "hold").exists():
        Path({control!r}, "held").touch()
        time.sleep(0.1)
    return n

def controlled(name, rows):
    if (CONTROL / f"fail-{{name}}").exists():
        raise ValueError("as the test wants")
    if (CONTROL / f"import-{{name}}").exists():
        importlib.import_module("hypothesis")
    if (CONTROL / f"hold-{{name}}").exists():
        return rows.withColumn("n", F.udf(held, "long")("n"))
    return rows

@schedule(cron="cron(0 2 * * ? *)", description="Nightly", scope="downstream")
@pipeline(sources={{"rows": files("*.csv", schema=Raw)}}, target=Raw, mode="append")
def load(rows):
    return controlled("load", rows)

@pipeline(sources={{"raw": Raw}}, target=Clean)
def clean(raw):
    return controlled("clean", raw.select("n"))

@schedule(cron="rate(1 hour)", enabled=False)
@pipeline(sources={{"clean": Clean}}, target=Report)
def report(clean):
    return clean

@schedule(cron="cron(30 2 * * ? *)", description="Half an hour later")
@pipeline(sources={{"raw": Raw}}, target=Total)
def total(raw):
    return controlled("total", raw.agg(F.sum("n").alias("n")))
"""
ALUR_TOML = """
[project]
name = "shop"
[defaults]
alerts_email = "data@example.com"
"""
NIGHTLY = "alur-schedule-shop-load-sandbox"


def job(pipeline):
    return f"alur-shop-{pipeline}-sandbox"


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    """Return a folder whose files make pipelines fail or wait."""
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="module")
def shop(tmp_path_factory, control):
    project = SandboxProject(tmp_path_factory.mktemp("sandbox") / "shop", engines=None)
    project.declare(CONTRACTS, PIPELINES.format(control=str(control)))
    project.write({"alur.toml": ALUR_TOML})
    project.land("a.csv", "n\n1\n2\n")
    project.land(".part.csv", "half written")
    yield project
    project.close()


@pytest.fixture(autouse=True)
def _control_is_cleared(control):
    yield
    for file in control.iterdir():
        file.unlink()


def states(shop, pipeline):
    runs = shop.client("glue").get_job_runs(JobName=job(pipeline))["JobRuns"]
    return [run["JobRunState"] for run in runs]


def test_commands_before_it_is_up(shop):
    for command in (["deploy", "--auto-approve"], ["run", "load"], ["status"], ["show", "raw"]):
        code, text = shop.alur(*command, "--env", "sandbox")
        assert code == 1, text
        assert "the sandbox is not up\n  fix: alur sandbox up" in text
    assert shop.alur("sandbox", "status") == (
        1,
        "The sandbox is not up; start it with alur sandbox up\n",
    )
    assert shop.alur("sandbox", "down") == (0, "The sandbox is not up\n")


def test_up(shop):
    installed = shop.root / ".alur" / "cache" / "sandbox"
    for n in range(5):
        (installed / f"{n}").mkdir(parents=True)
        os.utime(installed / f"{n}", (n, n))
    text = shop.done("sandbox", "up")
    assert f"The sandbox is up at {shop.state.address} (account 123456789012, us-east-1)" in text
    left = {folder.name for folder in installed.iterdir() if folder.is_dir()}
    assert left == {"2", "3", "4"}
    code, text = shop.alur("sandbox", "up")
    assert code == 1
    assert f"the sandbox is up already, at {shop.state.address}" in text
    assert "Nothing is deployed: alur deploy --env sandbox" in shop.done("sandbox", "status")


def test_only_who_has_the_key_comes_in(shop):
    file = shop.root / ".alur" / "sandbox" / "server.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for path in (
        "/",
        "/_alur/fire",
        "/_alur/due",
        "/_alur/deliveries",
        "/bucket/key",
        "/moto-api/data.json",
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(shop.state.address + path)
        assert refused.value.code == 403
        refused.value.close()
    stranger = boto3.Session("AKIAANOTHER", "none", region_name="us-east-1")
    with pytest.raises(ClientError, match="403"):
        stranger.client("s3", endpoint_url=shop.state.address).list_buckets()


def test_rules_that_are_not_deployed(shop):
    code, text = shop.alur("sandbox", "fire", "load")
    assert code == 1
    assert f"the rule {NIGHTLY} is not deployed\n  fix: alur deploy --env sandbox" in text


def test_deploy(shop):
    text = shop.done("deploy", "--env", "sandbox", "--auto-approve")
    assert "4 jobs and 3 schedules as declared" in text
    assert "✓ 1 landing file" in text
    assert "Deployed as declared" in shop.done("status", "--env", "sandbox")
    assert "No changes" in shop.done("deploy", "--env", "sandbox", "--plan-only")
    there = shop.client("s3").list_objects_v2(Bucket="alur-shop-bronze-sandbox")["Contents"]
    assert [entry["Key"] for entry in there] == ["landing/a.csv"]


def test_fire_runs_the_graph(shop):
    text = shop.done("sandbox", "fire", "load")
    assert f"{NIGHTLY} fires: cron(0 2 * * ? *)" in text
    order = [line.split()[1] for line in text.splitlines() if "SUCCEEDED" in line]
    assert order[0] == "load"
    assert order.index("clean") < order.index("report")
    assert sorted(order) == ["clean", "load", "report", "total"]
    assert shop.csv("gold.report") == ["1", "2"]
    assert shop.csv("total") == ["3"]
    text = shop.done("sandbox", "status")
    assert "load: SUCCEEDED" in text
    assert "No alert: no run of a job has matched an alert rule" in text


def test_run_logs_and_show_as_on_aws(shop):
    text = shop.done("run", "clean", "--env", "sandbox")
    assert "Status: SUCCEEDED" in text
    run_id = next(line.split()[-1] for line in text.splitlines() if "Job Run ID" in line)
    log = shop.done("logs", run_id, "--env", "sandbox")
    assert "Wrote 2 rows; the table has 2" in log
    assert f"Starting job {job('clean')} (run {run_id})" in log
    assert "2 of 2 rows" in shop.done("show", "clean", "--env", "sandbox")


def test_a_landing_file_that_comes_later(shop):
    shop.land("b.csv", "n\n10\n")
    shop.done("run", "load", "--env", "sandbox")
    assert sorted(line.split(",")[0] for line in shop.csv("raw")) == ["1", "10", "2"]
    (shop.root / "landing" / "b.csv").unlink()
    shop.done("run", "load", "--env", "sandbox")
    assert len(shop.csv("raw")) == 3


def test_landing_files_behind_links(shop, tmp_path):
    """Patterns find them locally, so they must be in the sandbox, too."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.txt").write_text("x")
    (tmp_path / "elsewhere" / "round").symlink_to(shop.root / "landing")
    link = shop.root / "landing" / "link"
    link.symlink_to(tmp_path / "elsewhere")

    def keys():
        shop.done("run", "load", "--env", "sandbox")
        found = shop.client("s3").list_objects_v2(
            Bucket="alur-shop-bronze-sandbox", Prefix="landing/"
        )
        return [entry["Key"] for entry in found["Contents"]]

    assert keys() == ["landing/a.csv", "landing/link/x.txt"]
    link.unlink()
    assert keys() == ["landing/a.csv"]


def test_disabled_rules_do_not_fire_unless_asked(shop):
    code, text = shop.alur("sandbox", "fire", "report")
    assert code == 1
    assert "is disabled, and does not fire (--even-if-disabled fires it)" in text
    before = len(states(shop, "report"))
    shop.done("sandbox", "fire", "report", "--even-if-disabled")
    assert len(states(shop, "report")) == before + 1


def test_a_period_on_a_simulated_clock(shop):
    text = shop.done("sandbox", "fire", "--at", "2026-12-01T02:00Z..2026-12-02T02:30Z")
    fired = [line for line in text.splitlines() if " fires: " in line]
    assert [line[:16] for line in fired] == [
        "2026-12-01 02:00",
        "2026-12-01 02:30",
        "2026-12-02 02:00",
    ]
    assert "alur-schedule-shop-report-sandbox is disabled, and does not fire" in text
    assert "[OK] 3 rules fired at 3 instants" in text
    runs = shop.client("glue").get_workflow_runs(Name=NIGHTLY)["Runs"]
    assert [run["Status"] for run in runs] == ["COMPLETED"] * 3


def test_a_failure_stops_what_waits_for_it_and_nothing_else(shop, control):
    (control / "fail-clean").touch()
    reports = len(states(shop, "report"))
    code, text = shop.alur("sandbox", "fire", "load")
    assert code == 1
    assert "✗ clean FAILED" in text
    assert re.search(
        r"clean FAILED in .* s: .*TransformError: .*as the test wants \(pipelines.py:\d+\)", text
    ), text
    assert "- report did not start" in text
    assert "✓ total SUCCEEDED" in text
    assert len(states(shop, "report")) == reports
    run_id = next(line.split()[2] for line in text.splitlines() if "alur logs jr_" in line)
    log = shop.done("logs", run_id, "--env", "sandbox")
    assert "ValueError: as the test wants" in log
    text = shop.done("sandbox", "status")
    assert "1 alert, which AWS would have sent to those who confirmed:\n" in text
    assert " to data@example.com\n        Subject: AWS Notification Message\n" in text
    assert (
        f'"{job("clean")} ended in the state FAILED. See why: alur logs {run_id} --env sandbox"'
        in text
    )


def test_a_module_that_glue_lacks(shop, control):
    (control / "import-clean").touch()
    code, text = shop.alur("run", "clean", "--env", "sandbox")
    assert code == 1
    assert "ModuleNotFoundError: No module named 'hypothesis'" in text


def test_a_driver_killed_in_mid_write_leaves_the_old_table(shop, control):
    for name in ("hold", "hold-clean"):
        (control / name).touch()
    before = shop.csv("clean")
    glue = shop.client("glue")
    run_id = glue.start_job_run(JobName=job("clean"))["JobRunId"]
    # The engine is writing, and waits for the value of a row.
    wait_until((control / "held").exists)
    os.kill(process_of(run_id), signal.SIGKILL)
    run = wait_until(lambda: _ended(glue, "clean", run_id))
    assert (run["JobRunState"], run["ErrorMessage"]) == (
        "FAILED",
        "Command failed with exit code 137",
    )
    assert shop.csv("clean") == before
    for file in control.iterdir():
        file.unlink()
    shop.done("run", "clean", "--env", "sandbox")
    assert shop.csv("clean") == ["1", "2", "10"]


def _ended(glue, pipeline, run_id):
    run = glue.get_job_run(JobName=job(pipeline), RunId=run_id)["JobRun"]
    return run if "CompletedOn" in run else None


def test_two_events_at_once(shop, control):
    for name in ("hold", "hold-load"):
        (control / name).touch()
    shop.land("c.csv", "n\n100\n")
    shop.done("sandbox", "fire", "--at", "2026-12-01T03:00Z..2026-12-01T03:01Z")
    clients, instant = shop.clients(), datetime.now(timezone.utc)
    event_bridge = EventBridge(clients, shop.state)
    before = len(states(shop, "load"))
    ((_, first),) = event_bridge.fire(NIGHTLY, instant)
    ((_, second),) = event_bridge.fire(NIGHTLY, instant)
    refused = follow_workflow(clients, NIGHTLY, second, lambda job: None)
    assert (refused.status, refused.jobs) == ("ERROR", ())
    assert refused.message == f"Concurrent runs exceeded for workflow {NIGHTLY}"
    (control / "hold").unlink()
    assert follow_workflow(clients, NIGHTLY, first, lambda job: None).went_well
    assert len(states(shop, "load")) == before + 1
    assert shop.csv("total") == ["113"]


def test_a_job_has_one_run_at_a_time_and_the_next_waits(shop, control):
    for name in ("hold", "hold-total"):
        (control / name).touch()
    glue = shop.client("glue")
    first, second = (glue.start_job_run(JobName=job("total"))["JobRunId"] for _ in range(2))
    wait_until(lambda: process_of(first))
    assert states(shop, "total")[:2] == ["WAITING", "RUNNING"]
    assert process_of(second) is None
    (control / "hold").unlink()
    wait_until(lambda: _ended(glue, "total", second))
    assert states(shop, "total")[:2] == ["SUCCEEDED", "SUCCEEDED"]


def test_stopping_a_run(shop, control):
    for name in ("hold", "hold-total"):
        (control / name).touch()
    glue = shop.client("glue")
    run_id = glue.start_job_run(JobName=job("total"))["JobRunId"]
    pid = wait_until(lambda: process_of(run_id))
    answer = glue.batch_stop_job_run(JobName=job("total"), JobRunIds=[run_id, "jr_unknown"])
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [run_id]
    assert [one["ErrorDetail"]["ErrorCode"] for one in answer["Errors"]] == [
        "EntityNotFoundException"
    ]
    assert wait_until(lambda: _ended(glue, "total", run_id))["JobRunState"] == "STOPPED"
    assert process_of(run_id) is None
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("trust", "does not trust events.amazonaws.com"),
        ("policy", "does not allow glue:notifyEvent on arn:aws:glue:us-east-1:"),
    ],
)
def test_a_rule_whose_role_may_not_start_the_workflow(shop, role, reason):
    iam = shop.client("iam")
    name = "alur-eventbridge-shop-load-sandbox"
    found = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    allowed = iam.get_role_policy(RoleName=name, PolicyName="notify-workflow")["PolicyDocument"]

    def put(trust, policy):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="notify-workflow", PolicyDocument=policy)

    trust, policy = json.dumps(found), json.dumps(allowed)
    others = {"trust": trust.replace("events.", "glue."), "policy": policy.replace("notify", "get")}
    put(**({"trust": trust, "policy": policy} | {role: others[role]}))
    before = len(states(shop, "load"))
    code, text = shop.alur("sandbox", "fire", "load")
    put(trust, policy)
    assert code == 1
    assert reason in text
    assert len(states(shop, "load")) == before


@pytest.mark.parametrize("permission", ["glue:UpdateTable", "s3:PutObject"])
def test_a_job_may_do_what_its_role_allows_and_no_more(shop, permission):
    before = shop.csv("clean")
    with role_without(shop, permission):
        code, text = shop.alur("run", "clean", "--env", "sandbox")
    assert code == 1
    run_id = next(line.split()[-1] for line in text.splitlines() if "Job Run ID" in line)
    log = shop.done("logs", run_id, "--env", "sandbox", "--errors")
    assert f"is not authorized to perform: {permission} on resource: arn:aws:" in log
    assert shop.csv("clean") == before
    shop.done("run", "clean", "--env", "sandbox")


@contextmanager
def role_without(shop, permission):
    """Replace a permission of the jobs' role by another."""
    iam = shop.client("iam")
    role = {"RoleName": "alur-glue-shop-sandbox", "PolicyName": "run-pipelines"}
    policy = json.dumps(iam.get_role_policy(**role)["PolicyDocument"])
    assert permission in policy
    iam.put_role_policy(**role, PolicyDocument=policy.replace(permission, "s3:GetBucketAcl"))
    yield
    iam.put_role_policy(**role, PolicyDocument=policy)


def test_a_role_that_may_not_read_the_code(shop):
    with role_without(shop, "s3:GetObject"):
        code, text = shop.alur("run", "clean", "--env", "sandbox")
    assert code == 1
    assert "LAUNCH ERROR | Error downloading from S3 for bucket: alur-shop-artifacts" in text
    assert "Access Denied" in text


def test_a_role_that_may_not_write_logs(shop):
    """As in Glue, the job does its work, but its log is lost."""
    with role_without(shop, "logs:PutLogEvents"):
        text = shop.done("run", "clean", "--env", "sandbox")
    assert "Wrote" not in text
    log = (shop.root / ".alur" / "sandbox" / "server.log").read_text()
    assert "cannot be written" in log
    assert "not authorized to perform: logs:PutLogEvents on resource: arn:aws:logs:" in log


def test_a_role_that_glue_may_not_take(shop):
    iam = shop.client("iam")
    name = "alur-glue-shop-sandbox"
    trust = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust.replace("glue.", "events."))
    code, text = shop.alur("run", "clean", "--env", "sandbox")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    assert code == 1
    assert "should be given assume role permissions for Glue Service" in text


def test_changed_code_and_retries(shop, control):
    """A changed pipeline is deployed and run again; with retries, a killed append is repeated without doubling."""
    shop.write({"alur.toml": ALUR_TOML + "[env.sandbox]\njob_max_retries = 1\n"})
    text = (shop.root / "pipelines.py").read_text()
    (shop.root / "pipelines.py").write_text(text.replace('F.sum("n")', 'F.sum(-F.col("n"))'))
    plan = shop.done("deploy", "--env", "sandbox", "--auto-approve")
    assert "0 to destroy" in plan
    shop.done("run", "total", "--env", "sandbox")
    assert shop.csv("total") == ["-113"]
    for name in ("hold", "hold-load"):
        (control / name).touch()
    shop.land("d.csv", "n\n1000\n")
    fired = shop.start("sandbox", "fire", "load")
    glue = shop.client("glue")

    def running():
        run = glue.get_job_runs(JobName=job("load"))["JobRuns"][0]
        return run["Id"] if run["JobRunState"] == "RUNNING" else None

    run_id = wait_until(running)
    wait_until((control / "held").exists)
    pid = process_of(run_id)
    (control / "hold").unlink()
    os.kill(pid, signal.SIGKILL)
    output = fired.communicate()[0]
    assert fired.returncode == 0, output
    assert states(shop, "load")[:2] == ["SUCCEEDED", "FAILED"]
    assert sorted(int(line.split(",")[0]) for line in shop.csv("raw")) == [1, 2, 10, 100, 1000]
    assert shop.csv("total") == ["-1113"]


def test_destroy_and_down(shop):
    text = shop.done("destroy", "--env", "sandbox", "--force", "--auto-approve")
    assert "Destroy complete!" in text
    assert shop.client("s3").list_buckets()["Buckets"] == []
    assert shop.client("glue").get_jobs()["Jobs"] == []
    assert shop.done("sandbox", "down") == "The sandbox is down, and all that it held is gone\n"
    assert not (shop.root / ".alur" / "sandbox").exists()


def test_down_takes_along_what_runs(shop, control):
    """The deployment ends with it: the next sandbox is empty."""
    shop.done("sandbox", "up")
    del shop.state
    shop.done("deploy", "--env", "sandbox", "--auto-approve")
    shop.done("run", "load", "--env", "sandbox")
    for name in ("hold", "hold-total"):
        (control / name).touch()
    run_id = shop.client("glue").start_job_run(JobName=job("total"))["JobRunId"]
    pid = wait_until(lambda: process_of(run_id))
    wait_until((control / "held").exists)
    shop.done("sandbox", "down")
    assert not os.path.exists(f"/proc/{pid}")
    shop.done("sandbox", "up")
    assert "Nothing is deployed" in shop.done("sandbox", "status")
    shop.done("sandbox", "down")


def test_up_and_ctrl_c(shop):
    """After Ctrl-C, nothing is left running."""
    with shop.start("sandbox", "up") as up:
        pid = wait_until(lambda: _server_of(shop))
        up.send_signal(signal.SIGINT)
        up.communicate()
    assert up.returncode != 0
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
    assert shop.sandbox.state() is None


def _server_of(shop):
    folder = str(shop.root / ".alur" / "sandbox").encode()
    return next((pid for pid, command in commands() if folder in command), None)


def test_a_port_that_is_taken_and_then_free(shop, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = f"{taken.getsockname()[1]}"
        code, text = shop.alur("sandbox", "up", "--port", port)
    assert code == 1
    assert "the sandbox does not start" in text
    assert "choose another --port if that one is taken" in text
    assert f"at http://127.0.0.1:{port} (" in shop.done("sandbox", "up", "--port", port)
    shop.done("sandbox", "down")


def test_a_sandbox_that_was_killed_is_down(shop):
    shop.done("sandbox", "up")
    del shop.state
    os.kill(shop.state.pid, signal.SIGKILL)
    wait_until(lambda: shop.sandbox.state() is None)
    code, text = shop.alur("sandbox", "fire", "load")
    assert (code, "the sandbox is not up" in text) == (1, True)
    with pytest.raises(SandboxError, match="the sandbox is not up"):
        shop.sandbox.enter()
    shop.done("sandbox", "up")
    shop.done("sandbox", "down")
