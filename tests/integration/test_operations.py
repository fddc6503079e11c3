"""The commands as Python functions, and as JSON lines: the same events, and nothing printed."""

import json
import signal
import subprocess
import time

import pytest

from alur.errors import DeploymentError, PipelineError
from alur.operations import deploy, destroy, run, status
from alur.operations.events import Failed, Skipped, Started, StepBegun, Succeeded
from tests.command import ALUR, alur

CONTRACTS = """
class Raw(SilverTable):
    n: int
class Clean(SilverTable):
    n: int
class Total(GoldTable):
    n: int = Field(ge=0)
class Report(GoldTable):
    n: int
"""
PIPELINES = """
import os

@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows):
    print("a print of the pipeline")
    os.system("echo a print of its child")
    return rows
@pipeline(sources={"raw": Raw}, target=Clean)
def clean(raw):
    return raw
@pipeline(sources={"raw": Raw}, target=Total)
def total(raw):
    return raw.agg(F.sum("n").alias("n"))
@pipeline(sources={"total": Total}, target=Report)
def report(total):
    return total
"""


@pytest.fixture
def shop(project):
    """Yield a project with four pipelines and one landing file."""
    project.declare(CONTRACTS, PIPELINES)
    project.land("a.csv", "n\n1\n2\n")
    return project


def ends(events):
    """Return the kind of each pipeline's end."""
    return {e.pipeline: type(e) for e in events if isinstance(e, Succeeded | Failed | Skipped)}


def test_a_run_returns_whether_all_succeeded_and_prints_nothing(shop, capfd):
    events = []
    assert run(shop.load(), observe=events.append)
    assert ends(events) == dict.fromkeys(["load", "clean", "total", "report"], Succeeded)
    assert next(e.pipeline for e in events if isinstance(e, Started)) == "load"
    steps = [e.step for e in events if isinstance(e, StepBegun) and e.pipeline == "total"]
    assert steps == ["read", "transform", "check", "write"]
    assert shop.rows("gold.report") == [(3,)]
    printed = capfd.readouterr()
    assert printed.out == "a print of the pipeline\na print of its child\n"


def test_a_failure_is_an_event_and_the_others_run(shop):
    shop.land("b.csv", "n\n-9\n")
    events = []
    assert not run(shop.load(), observe=events.append)
    assert ends(events) == {
        "load": Succeeded,
        "clean": Succeeded,
        "total": Failed,
        "report": Skipped,
    }


def test_only_the_named_pipelines_run_in_the_order_of_the_graph(shop):
    events = []
    assert run(shop.load(), ["clean", "load"], observe=events.append)
    assert list(ends(events)) == ["load", "clean"]


def test_an_unknown_pipeline_is_an_error(shop):
    with pytest.raises(PipelineError, match="laod"):
        run(shop.load(), ["laod"])


def test_several_pipelines_need_somebody_who_waits(shop):
    with pytest.raises(PipelineError, match="4 pipelines cannot run without waiting"):
        run(shop.load(), environment="sandbox", wait=False)


@pytest.mark.parametrize(
    "operate",
    [
        lambda project: status(project, "local"),
        lambda project: deploy(project, "local", approve=lambda plan: True),
        lambda project: destroy(project, "local", approve=lambda: True),
    ],
)
def test_this_machine_is_refused_before_aws_is_asked(shop, operate):
    with pytest.raises(DeploymentError, match="'local' is not an AWS environment"):
        operate(shop.load())


def test_json_has_one_event_a_line_whatever_the_pipelines_print(shop):
    shop.land("b.csv", "n\n-9\n")
    done = alur(shop.root, "run", "--all", "--env", "local", "--json")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    by_end = {e["pipeline"]: e for e in events if e["event"] in ("succeeded", "failed", "skipped")}
    assert by_end["load"]["rows_read"] == {"rows": 3}
    assert by_end["load"]["files"] == {"rows": ["a.csv", "b.csv"]}
    assert by_end["load"]["commit"]["rows_written"] == 3
    error = by_end["total"]["error"]
    assert "n must be at least 0" in error["message"]
    assert error["where"].startswith("pipelines.py:")
    assert by_end["report"] == {
        "event": "skipped",
        "pipeline": "report",
        "because_of": "total",
        "reason": "it waits for total, which failed",
    }
    assert events[-1] == {"event": "run_ended", "completed": 2, "failed": 1, "skipped": 1}
    assert "a print of the pipeline\na print of its child\n" in done.stderr


def test_json_has_no_numbers_that_json_lacks(project):
    project.declare(
        "class Ratio(SilverTable):\n    x: float\n",
        """
        @pipeline(sources={"rows": files("*.csv", schema=Ratio)}, target=Ratio)
        def load(rows):
            return rows
        """,
    )
    project.land("a.csv", "x\nNaN\nInfinity\n")

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    done = alur(project.root, "run", "load", "--env", "local", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line, parse_constant=refuse) for line in done.stdout.splitlines()]
    (succeeded,) = (event for event in events if event["event"] == "succeeded")
    assert {row["x"] for row in succeeded["preview"]} == {"nan", "inf"}


def test_an_error_that_ends_the_command_is_the_last_line_of_json(shop):
    done = alur(shop.root, "status", "--env", "local", "--json")
    assert done.returncode == 1
    error = json.loads(done.stdout)
    assert error["event"] == "error"
    assert error["message"] == "'local' is not an AWS environment"
    assert error["remedy"]
    assert "[ERROR] 'local' is not an AWS environment" in done.stderr


ENDLESS = """
import time
from pathlib import Path

@pipeline(sources={"rows": files("*.csv", schema=Raw)}, target=Raw)
def load(rows):
    Path("begun").touch()
    time.sleep(600)
"""


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_ctrl_c_ends_a_run_with_its_own_exit_code(shop, options):
    shop.declare(CONTRACTS, ENDLESS)
    process = subprocess.Popen(
        [ALUR, "run", "--all", "--env", "local", *options],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (shop.root / "begun").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the pipeline has not begun"
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "\nAborted!\n")
    if options:
        events = [json.loads(line)["event"] for line in printed.splitlines()]
        assert events == ["started", "step_begun", "step_begun"]
