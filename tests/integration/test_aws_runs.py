"""`alur run` and `alur logs` in an emulated AWS: every end state of a run, and every refusal by AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
from click.testing import CliRunner
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.glue.models import FakeJobRun, glue_backends
from moto.glue.responses import GlueResponse
from moto.moto_api import state_manager

from alur.cli.main import cli

REGION = "eu-west-1"
JOB = "alur-shop-load-dev"
GROUP = "/alur/shop/dev"

CONTRACTS = """
class Raw(SilverTable):
    n: int
class Clean(SilverTable):
    n: int
class Other(SilverTable):
    n: int
"""
PIPELINES = """
@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows): return rows
@pipeline(sources={"rows": Raw}, target=Clean)
def clean(rows): return rows
@pipeline(sources={"rows": files("*.csv", schema=Other)}, target=Other)
def other(rows): return rows
"""


@pytest.fixture
def shop(project, moto, monkeypatch):
    """Return a project with deployed jobs."""
    project.declare(CONTRACTS, PIPELINES)
    project.write({"alur.toml": f'[project]\nname = "shop"\n[env.dev]\naws_region = "{REGION}"\n'})
    monkeypatch.chdir(project.root)
    for name in ("load", "clean", "other"):
        glue().create_job(
            Name=f"alur-shop-{name}-dev",
            Role="arn:aws:iam::123456789012:role/jobs",
            Command={"Name": "glueetl", "ScriptLocation": "s3://b/driver.py"},
            DefaultArguments={"--custom-logGroup-prefix": GROUP},
            MaxCapacity=2,
        )
    return project


@pytest.fixture
def stage(monkeypatch):
    """Set how runs end, by job or for all: a state, a message and Glue's charge."""
    endings: dict = {"charged": {}}
    described = FakeJobRun.as_dict
    began = FakeJobRun.__init__

    def start(self, job_name, **arguments):
        began(self, job_name=job_name, **arguments)
        state, _ = endings.get(job_name, endings.get("", ("SUCCEEDED", "")))
        self._transitions = [("STARTING", "RUNNING"), ("RUNNING", state)]

    def describe(self):
        state, message = endings.get(self.job_name, endings.get("", ("SUCCEEDED", "")))
        shown = described(self) | {"LogGroupName": GROUP, "MaxCapacity": 2.0}
        shown |= endings["charged"]
        if self.status == state:
            shown |= {"ErrorMessage": message} if message else {}
        else:
            shown.pop("CompletedOn")
        return shown

    monkeypatch.setattr(FakeJobRun, "__init__", start)
    monkeypatch.setattr(FakeJobRun, "as_dict", describe)
    state_manager.set_transition("glue::job_run", {"progression": "manual", "times": 1})
    yield endings
    state_manager.unset_transition("glue::job_run")


@pytest.fixture
def stoppable(monkeypatch):
    """Add BatchStopJobRun, which moto lacks."""

    def stop(self):
        for run in runs():
            run._status, run._transitions = "STOPPED", []
        return ActionResult({"SuccessfulSubmissions": [], "Errors": []})

    monkeypatch.setattr(GlueResponse, "batch_stop_job_run", stop, raising=False)


def interrupted(shop, *arguments):
    """Press Ctrl-C while a command waits for an endless job; return its exit code and its output."""
    process = subprocess.Popen(
        [sys.executable, "-m", "alur", *arguments],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    deadline = time.monotonic() + 60
    while not runs() or runs()[0].status != "RUNNING":
        assert time.monotonic() < deadline, "the job was never started"
        time.sleep(0.1)
    for run in runs():
        run._transitions = []
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    watchdog.cancel()
    return process.returncode, output


def started_jobs():
    jobs = glue_backends[DEFAULT_ACCOUNT_ID][REGION].jobs
    return [name for name, job in jobs.items() if job.job_runs]


def glue():
    return boto3.client("glue", region_name=REGION)


def logs():
    return boto3.client("logs", region_name=REGION)


def alur(*arguments):
    """Run a command; return its exit code, and its output on both streams."""
    result = CliRunner().invoke(cli, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def runs():
    return glue_backends[DEFAULT_ACCOUNT_ID][REGION].jobs[JOB].job_runs


class TestRun:
    def test_a_run_that_succeeds(self, shop, stage):
        code, said = alur("run", "load")
        run = runs()[0].job_run_id
        assert code == 0
        assert said.splitlines() == [
            f"Starting Glue job: {JOB}",
            "  ✓ Job started successfully",
            f"  Job Run ID: {run}",
            "",
            "Waiting for job to complete...",
            "  Status: RUNNING...",
            "  Status: SUCCEEDED",
            # 2 DPUs for 123 seconds, at 0.44 dollars an hour.
            "  Duration: 2 min 3 s; 0.068 DPU-hours, about $0.03 at the price of us-east-1",
            "",
            "[OK] Pipeline 'load' completed successfully!",
        ]

    def test_as_events_for_other_programs(self, shop, stage):
        stage[JOB] = ("FAILED", "no file matches")
        code, said = alur("run", "--all", "--json")
        assert code == 1
        events = [json.loads(line) for line in said.splitlines()]
        assert [
            (one["event"], one.get("pipeline")) for one in events if one["event"] != "job_state"
        ] == [
            ("job_starting", "load"),
            ("job_started", "load"),
            ("job_ended", "load"),
            ("job_starting", "other"),
            ("job_started", "other"),
            ("job_ended", "other"),
            ("skipped", "clean"),
            ("run_ended", None),
        ]
        assert events[-1] == {"event": "run_ended", "completed": 1, "failed": 1, "skipped": 1}
        ended = next(one["run"] for one in events if one["event"] == "job_ended")
        assert (ended["job"], ended["state"], ended["message"]) == (
            JOB,
            "FAILED",
            "no file matches",
        )

    @pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"])
    def test_every_other_end_is_an_end(self, shop, stage, state):
        stage[""] = (state, "RunError: no file matches")
        code, said = alur("run", "load")
        assert code == 1
        assert f"[ERROR] Pipeline 'load' ended as {state}: RunError: no file matches" in said
        assert f"fix: see why with alur logs {runs()[0].job_run_id} --env dev" in said

    def test_no_wait(self, shop, stage):
        code, said = alur("run", "load", "--no-wait")
        assert code == 0
        assert "Waiting" not in said
        assert runs()[0].status == "STARTING"

    def test_the_whole_graph_skips_what_waits_for_a_failure(self, shop, stage):
        stage[JOB] = ("FAILED", "")
        code, said = alur("run", "--all")
        assert code == 1
        assert "- clean skipped: it waits for load, which failed" in said
        assert "[OK] Pipeline 'other' completed successfully!" in said
        assert "[ERROR] 1 failed, 1 skipped, 1 completed" in said

    def test_a_job_that_runs_already(self, shop, stage):
        alur("run", "load", "--no-wait")
        code, said = alur("run", "load")
        assert code == 1
        assert f"{JOB} is already running; it runs once at a time" in said

    def test_a_job_that_is_not_deployed(self, shop, stage):
        glue().delete_job(JobName=JOB)
        code, said = alur("run", "load")
        assert code == 1
        assert f"there is no job {JOB} in {REGION}\n  fix: alur deploy --env dev" in said

    def test_another_account(self, shop, stage):
        toml = shop.root / "alur.toml"
        toml.write_text(toml.read_text() + 'account_id = "999999999999"\n')
        code, said = alur("run", "load")
        assert code == 1
        assert "these credentials belong to the account 123456789012" in said
        assert runs() == []

    @pytest.mark.parametrize(
        ("option", "code", "said", "state"),
        [
            ([], 130, "Stopped waiting; the job continues", "RUNNING"),
            (["--stop-on-interrupt"], 1, "ended as STOPPED", "STOPPED"),
        ],
    )
    def test_ctrl_c(self, shop, stage, stoppable, option, code, said, state):
        stage[""] = ("NEVER", "")
        returned, output = interrupted(shop, "run", "load", *option)
        assert returned == code, output
        assert said in output
        assert runs()[0].status == state

    @pytest.mark.parametrize("option", [[], ["--stop-on-interrupt"]])
    def test_ctrl_c_starts_no_more_of_the_graph(self, shop, stage, stoppable, option):
        stage[JOB] = ("NEVER", "")
        returned, output = interrupted(shop, "run", "--all", *option)
        assert returned == 130, output
        assert "Not started: other, clean" in output
        assert started_jobs() == [JOB]

    def test_a_job_that_cannot_be_stopped_goes_on(self, shop, stage, monkeypatch):
        stage[""] = ("NEVER", "")
        why = {"ErrorCode": "InternalServiceException", "ErrorMessage": "not now"}

        def refuse(self):
            return ActionResult({"SuccessfulSubmissions": [], "Errors": [{"ErrorDetail": why}]})

        monkeypatch.setattr(GlueResponse, "batch_stop_job_run", refuse, raising=False)
        returned, output = interrupted(shop, "run", "load", "--stop-on-interrupt")
        assert returned == 1
        assert "cannot be stopped: InternalServiceException: not now" in output

    def test_credentials_that_expire_while_it_waits(self, shop, stage, monkeypatch):
        def refuse(self):
            raise JsonRESTError("ExpiredTokenException", "The security token is expired")

        monkeypatch.setattr(GlueResponse, "get_job_run", refuse)
        code, said = alur("run", "load")
        assert code == 1
        run = runs()[0].job_run_id
        assert f"the job continues. To see how it ends:\n  alur logs {run} --env dev --tail" in said
        assert "get new credentials" in said

    def test_a_busy_aws_is_asked_again(self, shop, stage, monkeypatch):
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
        asked = []
        answer = GlueResponse.start_job_run

        def busy(self):
            asked.append(time.monotonic())
            if len(asked) < 3:
                raise JsonRESTError("ThrottlingException", "Rate exceeded")
            return answer(self)

        monkeypatch.setattr(GlueResponse, "start_job_run", busy)
        code, said = alur("run", "load")
        assert code == 0, said
        assert len(asked) == 3
        assert len(runs()) == 1

    @pytest.mark.parametrize(("state", "told"), [("FAILED", True), ("STOPPED", False)])
    def test_glue_s_own_repetitions(self, shop, stage, state, told):
        toml = shop.root / "alur.toml"
        toml.write_text(toml.read_text() + "job_max_retries = 1\n")
        stage[""] = (state, "")
        assert ("Glue retries the job" in alur("run", "load")[1]) == told

    def test_what_auto_scaling_used_is_what_glue_counts(self, shop, stage, monkeypatch):
        stage["charged"] = {"DPUSeconds": 1800.0}
        assert "0.500 DPU-hours, about $0.22 at the price of us-east-1" in alur("run", "load")[1]

    def test_a_minute_is_charged_at_least(self, shop, stage):
        stage["charged"] = {"ExecutionTime": 5}
        # 2 DPUs for a minute.
        assert "Duration: 5 s; 0.033 DPU-hours, about $0.01" in alur("run", "load")[1]


class TestLogs:
    def started(self, run_id=None):
        run = run_id or glue().start_job_run(JobName=JOB)["JobRunId"]
        return run

    def put(self, kind, stream, *events):
        group = f"{GROUP}/{kind}"
        existing = logs().describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not existing:
            logs().create_log_group(logGroupName=group)
        streams = logs().describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
        if not streams["logStreams"]:
            logs().create_log_stream(logGroupName=group, logStreamName=stream)
        for start in range(0, len(events), 5000):
            part = [{"timestamp": ms, "message": text} for ms, text in events[start : start + 5000]]
            logs().put_log_events(logGroupName=group, logStreamName=stream, logEvents=part)

    def now(self, seconds=0.0):
        when = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        return int(when.timestamp() * 1000)

    def test_output_and_errors_in_the_order_of_time(self, shop, stage):
        run = self.started()
        base = self.now()
        self.put("output", f"{run}-driver", (base, "first"), (base + 2000, "third"))
        self.put("error", f"{run}-driver", (base + 1000, "second"))
        self.put("output", f"{run}-progress-bar", (base, "noise"))
        self.put("output", "jr_of_another-driver", (base, "not ours"))
        code, said = alur("logs", run)
        assert code == 0
        lines = [line for line in said.splitlines() if line[:2] == "20"]
        assert [line[20:] for line in lines] == ["first", "second", "third"]

    def test_lines_that_bear_their_time_are_not_stamped_twice(self, shop, stage):
        run = self.started()
        self.put("output", run, (self.now(), "2026-01-16 02:00:15 [Alur] Reading source: orders"))
        assert "2026-01-16 02:00:15 [Alur] Reading" in alur("logs", run)[1].splitlines()[1]

    def test_lines_command_no_terminal(self, shop, stage):
        run = self.started()
        self.put("output", run, (self.now(), "\x1b]0;title\x07\x1b[2Jodd\ttabbed"))
        said = alur("logs", run)[1]
        assert "\\x1b]0;title\\x07\\x1b[2Jodd\ttabbed" in said
        assert "\x1b" not in said

    def test_ten_thousand_lines_each_once(self, shop, stage):
        run = self.started()
        base = self.now()
        # Many lines in one millisecond, on many pages.
        self.put("output", run, *((base + n // 50, f"line {n}") for n in range(10_000)))
        code, said = alur("logs", run)
        found = [line[20:] for line in said.splitlines() if line[20:25] == "line "]
        assert code == 0
        assert sorted(found) == sorted(f"line {n}" for n in range(10_000))

    def test_a_group_that_is_not_there_yet(self, shop, stage):
        run = self.started()
        code, said = alur("logs", run)
        assert code == 0
        assert run in said

    def test_tail_has_late_lines_and_ends_with_the_run(self, shop, stage):
        stage[""] = ("NEVER", "")
        run = self.started()
        base = self.now()
        self.put("output", run, (base, "early"))
        process = subprocess.Popen(
            [Path(sys.executable).with_name("alur"), "logs", run, "--tail"],
            cwd=shop.root,
            stdout=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert "early" in process.stdout.readline()
        # Older than the lines read before, as lines of another stream may be.
        self.put("output", f"{run}-late", (base - 500, "late"))
        self.put("output", run, (base + 500, "next"))
        seen = [process.stdout.readline() for _ in range(2)]
        assert sorted(line[20:].strip() for line in seen) == ["late", "next"]
        for each in runs():
            each._status, each._transitions = "SUCCEEDED", []
        self.put("output", run, (base + 900, "last"))
        rest, _ = process.communicate(timeout=60)
        watchdog.cancel()
        assert [line[20:] for line in rest.splitlines()] == ["last"]
        assert process.returncode == 0

    def test_without_an_id_the_latest_hour(self, shop, stage):
        run = self.started()
        self.put("output", run, (self.now(-7200), "two hours old"), (self.now(-60), "fresh"))
        assert [line[20:] for line in alur("logs")[1].splitlines()] == ["fresh"]
        said = alur("logs", "--since", "3h")[1]
        assert [line[20:] for line in said.splitlines()] == ["two hours old", "fresh"]

    def test_one_pipeline_s(self, shop, stage):
        run = self.started()
        self.put("output", f"{run}-driver", (self.now(), "ours"))
        self.put("output", "jr_other-driver", (self.now(), "of another job"))
        said = alur("logs", "--pipeline", "load")[1]
        assert "ours" in said
        assert "of another job" not in said

    def test_errors_alone(self, shop, stage):
        stage[""] = ("FAILED", "RunError: a column is missing")
        run = self.started()
        runs()[0]._status, runs()[0]._transitions = "FAILED", []
        self.put("output", run, (self.now(), "chatter"))
        self.put("error", run, (self.now(), "java.lang.Boom"))
        code, said = alur("logs", run, "--errors")
        assert code == 0
        assert "chatter" not in said
        assert f"{JOB} {run} FAILED: RunError: a column is missing" in said
        assert "java.lang.Boom" in said

    def test_errors_of_all_failed_runs_without_an_id(self, shop, stage):
        stage[JOB] = ("FAILED", "RunError: a column is missing")
        run = self.started()
        runs()[0]._status, runs()[0]._transitions = "FAILED", []
        base = self.now()
        self.put(
            "output",
            f"{run}-driver",
            (base, "chatter"),
            (base + 1, "2026-01-16 02:00:15 [Alur] Pipeline failed"),
            (base + 2, "pipelines.py:7: load: no column 'amount' in the files"),
            (base + 3, "  fix: correct the contract"),
        )
        code, said = alur("logs", "--errors")
        assert code == 0
        assert said.splitlines() == [
            f"{JOB} {run} FAILED: RunError: a column is missing",
            "2026-01-16 02:00:15 [Alur] Pipeline failed",
            f"{datetime.fromtimestamp((base + 2) // 1000, timezone.utc):%Y-%m-%d %H:%M:%S} "
            "pipelines.py:7: load: no column 'amount' in the files",
            f"{datetime.fromtimestamp((base + 3) // 1000, timezone.utc):%Y-%m-%d %H:%M:%S} "
            "  fix: correct the contract",
        ]
        # The same lines, by the run's id.
        assert alur("logs", run, "--errors")[1].splitlines()[:4] == said.splitlines()

    def test_errors_where_no_run_failed(self, shop, stage):
        run = self.started()
        runs()[0]._status, runs()[0]._transitions = "SUCCEEDED", []
        self.put("output", run, (self.now(), "chatter"))
        code, said = alur("logs", "--errors")
        assert code == 0
        assert "chatter" not in said
        assert "Nothing was printed since" in said

    @pytest.mark.parametrize("since", ["1", "h", "-1h", "1w", "99999999999d"])
    def test_no_duration(self, shop, stage, since):
        code, said = alur("logs", "--since", since)
        assert code == 2
        assert "is not a duration such as 30m" in said

    def test_since_ever(self, shop, stage):
        run = self.started()
        self.put("output", run, (self.now(-7200), "old"))
        assert [line[20:] for line in alur("logs", "--since", "99999d")[1].splitlines()] == ["old"]

    def test_a_reader_that_goes_away(self, shop, stage):
        run = self.started()
        self.put("output", run, *((self.now(), "x" * 200) for _ in range(2_000)))
        alur_here = Path(sys.executable).with_name("alur")
        done = subprocess.run(
            f"{alur_here} logs {run} | head -1",
            shell=True,
            cwd=shop.root,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "Traceback" not in done.stderr
        assert len(done.stdout.splitlines()) == 1

    def test_a_run_that_nobody_knows(self, shop, stage):
        code, said = alur("logs", "jr_nothing")
        assert code == 1
        assert "no job of this project has a run 'jr_nothing'" in said


class Refusing(BaseHTTPRequestHandler):
    """An AWS with one refusal as its answer to everything."""

    refusals: ClassVar[list[str]] = []
    code, message, status = "", "", 400

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.refusals.append(body)
        is_json = "json" in (self.headers.get("Content-Type") or "")
        if is_json:
            answer = json.dumps({"__type": self.code, "message": self.message})
        else:
            error = f"<Code>{self.code}</Code><Message>{self.message}</Message>"
            answer = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
        self.send_response(self.status)
        self.send_header("x-amzn-ErrorType", self.code)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def refusing(shop, monkeypatch):
    """Start an AWS that refuses everything in one way; return its requests."""
    servers = []

    def start(code, message="", status=400):
        handler = type("Handler", (Refusing,), {})
        handler.refusals, handler.code, handler.message, handler.status = [], code, message, status
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        return handler.refusals

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class TestAwsRefuses:
    @pytest.mark.parametrize(
        ("code", "message", "remedy"),
        [
            (
                "ExpiredToken",
                "The security token included in the request is expired",
                "aws sso login",
            ),
            ("InvalidClientTokenId", "The security token is invalid", "does not accept these"),
            (
                "AccessDenied",
                "User: x is not authorized to perform: sts:y",
                "grant these credentials",
            ),
            ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z", "clock"),
        ],
    )
    def test_credentials(self, refusing, code, message, remedy):
        refusing(code, message, 403)
        exit_code, said = alur("run", "load")
        assert exit_code == 1
        assert f"{code}: {message}" in said
        assert remedy in said

    def test_none_at_all(self, shop, monkeypatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        code, said = alur("run", "load")
        assert code == 1
        assert "Unable to locate credentials" in said
        assert "set AWS_PROFILE" in said

    def test_a_profile_that_does_not_exist(self, shop, monkeypatch):
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        code, said = alur("run", "load")
        assert code == 1
        assert "nobody" in said
        assert "aws configure list-profiles" in said

    def test_nothing_answers(self, shop, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        code, said = alur("run", "load")
        assert code == 1
        assert "aws_region in alur.toml" in said

    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("AWS_ENDPOINT_URL", "127.0.0.1:5000", "Invalid endpoint"),
            ("AWS_MAX_ATTEMPTS", "many", "'many'"),
            ("AWS_SECRET_ACCESS_KEY", "", "Partial credentials"),
        ],
    )
    def test_variables_that_hold_nonsense(self, shop, monkeypatch, variable, value, said):
        monkeypatch.setenv(variable, value)
        code, output = alur("run", "load")
        assert code == 1
        assert said in output
        assert "fix: " in output

    def test_a_login_page_in_between(self, shop, monkeypatch):
        class Portal(Refusing):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html><body>Log in<br></body></html>")

        with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
            code, said = alur("run", "load")
            server.shutdown()
        assert code == 1
        assert "the response is not from AWS" in said

    def test_throttling_is_tried_again_and_then_told(self, refusing, monkeypatch):
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
        asked = refusing("ThrottlingException", "Rate exceeded")
        code, said = alur("run", "load")
        assert code == 1
        assert len(asked) == 3
        assert "AWS is busy" in said


def test_a_job_in_another_region(shop, stage):
    toml = shop.root / "alur.toml"
    toml.write_text(toml.read_text().replace(REGION, "us-west-2"))
    code, said = alur("run", "load")
    assert code == 1
    assert f"there is no job {JOB} in us-west-2" in said
    assert "aws_region" in said


def test_piped_output_has_no_colours(shop, stage):
    done = subprocess.run(
        [Path(sys.executable).with_name("alur"), "run", "load"],
        cwd=shop.root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\x1b" not in done.stdout + done.stderr
