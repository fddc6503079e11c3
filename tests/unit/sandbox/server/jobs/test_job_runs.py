"""Runs start, wait, are refused and retried, and pass through their states."""

from __future__ import annotations

from threading import Semaphore

import pytest

from alur.sandbox.server.jobs.job_runs import JobRuns, TooManyRuns, UnknownJob
from tests.unit.sandbox.stage import SECONDS, Act, Stage, job


def test_a_run_that_ends_well():
    stage = Stage(job(timeout_minutes=7, number_of_workers=3))
    run = stage.runs.start("load")
    stage.wait_for_begin()
    assert run.as_dict()["JobRunState"] == "RUNNING"
    assert "CompletedOn" not in run.as_dict()
    stage.end(run)
    told = run.as_dict()
    assert (told["JobRunState"], told["Attempt"], told["Timeout"]) == ("SUCCEEDED", 0, 7)
    assert told["CompletedOn"] >= told["StartedOn"]
    assert "ErrorMessage" not in told
    assert stage.runs.of("load") == [run]


@pytest.mark.parametrize(
    ("worker_type", "units"),
    [("Standard", 1), ("G.025X", 0.25), ("G.1X", 1), ("G.2X", 2), ("G.8X", 8), ("G.16X", 16)],
)
def test_the_capacity_of_a_run_is_that_of_its_workers(worker_type, units):
    """The figures are from https://docs.aws.amazon.com/glue/latest/dg/worker-types.html."""
    stage = Stage(job(worker_type=worker_type, number_of_workers=3))
    assert stage.runs.start("load").as_dict()["MaxCapacity"] == 3 * units


def test_a_run_beyond_the_limit_is_refused_where_there_is_no_queue():
    stage = Stage(job())
    first = stage.runs.start("load")
    with pytest.raises(TooManyRuns):
        stage.runs.start("load")
    stage.wait_for_begin()
    stage.end(first)
    assert stage.runs.start("load").state in ("STARTING", "RUNNING")


def test_a_run_beyond_the_limit_waits_where_there_is_a_queue():
    stage = Stage(job(queued=True, max_concurrent_runs=2))
    first, second, third = (stage.runs.start("load") for _ in range(3))
    assert [third.state, third.ended] == ["WAITING", False]
    stage.wait_for_begin()
    stage.wait_for_begin()
    assert {run.id for run in stage.begun} == {first.id, second.id}
    stage.end(first, "FAILED", "no luck")
    assert stage.wait_for_begin() is third
    assert third.state == "RUNNING"


def test_a_failure_is_repeated_as_often_as_the_job_says():
    stage = Stage(job(max_retries=2))
    run = stage.runs.start("load", given={"--a": "1"})
    stage.wait_for_begin()
    for attempt in range(3):
        current = stage.begun[-1]
        assert (current.attempt, current.arguments) == (attempt, {"--a": "1"})
        stage.end(current, "FAILED", f"number {attempt}")
        if attempt < 2:
            stage.wait_for_begin()
    runs = stage.runs.of("load")
    assert [one.attempt for one in runs] == [2, 1, 0]
    assert [one.id for one in runs] == [f"{run.id}_attempt_2", f"{run.id}_attempt_1", run.id]
    assert runs[0].as_dict()["PreviousRunId"] == runs[1].id
    assert [one.message for one in runs] == ["number 2", "number 1", "number 0"]


def test_a_repetition_that_succeeds_is_the_last():
    stage = Stage(job(max_retries=5))
    run = stage.runs.start("load")
    stage.wait_for_begin()
    stage.end(run, "FAILED")
    stage.end(stage.wait_for_begin())
    assert [one.state for one in stage.runs.of("load")] == ["SUCCEEDED", "FAILED"]
    assert stage.runs.unended() == []


@pytest.mark.parametrize("state", ["TIMEOUT", "STOPPED"])
def test_what_ends_otherwise_is_not_repeated(state):
    stage = Stage(job(max_retries=3))
    run = stage.runs.start("load")
    stage.wait_for_begin()
    stage.end(run, state)
    assert [one.state for one in stage.runs.of("load")] == [state]


def test_a_stopped_run_is_stopping_until_it_has_ended():
    stage = Stage(job(max_retries=1))
    run = stage.runs.start("load")
    stage.wait_for_begin()
    with stage.runs.lock:
        stage.runs.stop(run)
        assert run.state == "STOPPING"
    assert stage.ended.acquire(timeout=SECONDS)
    assert run.state == "STOPPED"
    assert len(stage.runs.of("load")) == 1
    stage.runs.stop(run)
    assert run.state == "STOPPED"


def test_a_waiting_run_is_stopped_at_once():
    stage = Stage(job(queued=True))
    stage.runs.start("load")
    waiting = stage.runs.start("load")
    stage.runs.stop(waiting)
    assert waiting.state == "STOPPED"
    assert waiting.completed is not None


def test_the_end_of_everything():
    stage = Stage(job(queued=True, max_retries=3), job("other"))
    for name in ("load", "load", "other"):
        stage.runs.start(name)
    stage.runs.stop_all()
    for _ in range(3):
        assert stage.ended.acquire(timeout=SECONDS)
    assert stage.runs.unended() == []
    assert {run.state for name in ("load", "other") for run in stage.runs.of(name)} == {"STOPPED"}


def test_a_run_whose_process_cannot_be_made_has_failed():
    def broken(run):
        raise OSError("no room")

    ended = Semaphore(0)
    runs = JobRuns(job, broken, at_once=1)
    runs.on_end.append(lambda run: ended.release())
    run = runs.start("load")
    assert ended.acquire(timeout=SECONDS)
    assert (run.state, run.message) == ("FAILED", "OSError: no room")


def test_no_more_processes_than_the_machine_has_room_for():
    stage = Stage(*(job(f"job{n}") for n in range(3)))
    stage.runs = JobRuns(stage.definition, lambda run: Act(stage, run), at_once=1)
    stage.runs.on_end.append(lambda run: stage.ended.release())
    runs = [stage.runs.start(f"job{n}") for n in range(3)]
    for count in range(1, 4):
        begun = stage.wait_for_begin()
        assert [run.state for run in runs].count("RUNNING") == 1
        assert len(stage.begun) == count
        stage.end(begun)


def test_unknown_jobs():
    with pytest.raises(UnknownJob):
        Stage().runs.start("load")
