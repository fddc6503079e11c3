"""Events start workflows, and the ends of jobs start their dependents: edge for edge, and nothing else."""

from __future__ import annotations

import pytest

from alur.sandbox.server.workflows.workflow_definition import (
    Action,
    NoStartTrigger,
    TriggerDefinition,
    UnknownWorkflow,
    WorkflowDefinition,
)
from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns
from tests.unit.sandbox.stage import Stage, job

EVENT = {"id": "e1", "time": "2026-12-01T02:00:00Z"}


def start(*jobs):
    return TriggerDefinition("start", "EVENT", False, tuple(map(Action, jobs)))


def after(name, conditions, *jobs, logical="AND", active=True):
    pairs = tuple((one, "SUCCEEDED") if isinstance(one, str) else one for one in conditions)
    return TriggerDefinition(name, "CONDITIONAL", active, tuple(map(Action, jobs)), logical, pairs)


class Workflows:
    """A workflow of jobs whose ends the test sets."""

    def __init__(self, *triggers, limit=1, jobs=None):
        names = {action.job for trigger in triggers for action in trigger.actions}
        self.stage = Stage(*(jobs or [job(name) for name in names]))
        self.definition = WorkflowDefinition("nightly", limit, {}, triggers)
        self.runs = WorkflowRuns(self._find, self.stage.runs)

    def _find(self, name):
        if name != "nightly":
            raise UnknownWorkflow(name)
        return self.definition

    def notify(self):
        return self.runs.notify("nightly", EVENT)

    def running(self):
        return sorted(run.job for run in self.stage.runs.unended())

    def end(self, name, state="SUCCEEDED"):
        run = next(run for run in self.stage.runs.of(name) if not run.ended)
        while run.state != "RUNNING":
            self.stage.wait_for_begin()
        self.stage.end(run, state)


def test_a_diamond():
    found = Workflows(start("a"), after("t1", ["a"], "b", "c"), after("t2", ["b", "c"], "d"))
    run = found.notify()
    assert found.running() == ["a"]
    found.end("a")
    assert found.running() == ["b", "c"]
    found.end("c")
    assert found.running() == ["b"]
    found.end("b")
    assert found.running() == ["d"]
    assert run.status == "RUNNING"
    found.end("d")
    assert run.status == "COMPLETED"
    told = found.runs.as_dict(run, graph=True)
    assert told["Statistics"]["SucceededActions"] == told["Statistics"]["TotalActions"] == 4
    assert told["WorkflowRunProperties"]["aws:eventIds"] == "e1"
    edges = {(edge["SourceId"], edge["DestinationId"]) for edge in told["Graph"]["Edges"]}
    assert edges == {
        ("trigger/start", "job/a"),
        ("job/a", "trigger/t1"),
        ("trigger/t1", "job/b"),
        ("trigger/t1", "job/c"),
        ("job/b", "trigger/t2"),
        ("job/c", "trigger/t2"),
        ("trigger/t2", "job/d"),
    }
    by = {one.job: one.started_by.trigger for one in found.stage.begun}
    assert by == {"a": "start", "b": "t1", "c": "t1", "d": "t2"}


@pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT"])
def test_what_waits_for_a_job_that_did_not_succeed_does_not_start(state):
    found = Workflows(start("a", "b"), after("t1", ["a"], "c"), after("t2", ["b"], "d"))
    run = found.notify()
    found.end("a", state)
    found.end("b")
    assert found.running() == ["d"]
    found.end("d")
    # Glue's COMPLETED means an ended run, not a successful one.
    told = found.runs.as_dict(run)
    assert told["Status"] == "COMPLETED"
    assert (told["Statistics"]["SucceededActions"], told["Statistics"]["TotalActions"]) == (2, 4)
    assert found.stage.runs.of("c") == []


def test_any_and_states_other_than_success():
    found = Workflows(
        start("a", "b"),
        after("any", ["a", "b"], "c", logical="ANY"),
        after("alarm", [("b", "FAILED")], "d"),
    )
    found.notify()
    found.end("a")
    assert found.running() == ["b", "c"]
    found.end("b", "FAILED")
    assert found.running() == ["c", "d"]


def test_a_trigger_fires_once_and_only_when_it_is_active():
    found = Workflows(
        start("a", "b"),
        after("any", ["a", "b"], "c", logical="ANY"),
        after("off", ["a"], "d", active=False),
    )
    run = found.notify()
    found.end("a")
    found.end("c")
    found.end("b")
    assert found.running() == []
    assert run.status == "COMPLETED"
    assert [len(found.stage.runs.of(name)) for name in "cd"] == [1, 0]


def test_a_repeated_job_starts_what_waits_for_it_when_it_succeeds():
    found = Workflows(start("a"), after("t", ["a"], "b"), jobs=[job("a", max_retries=1), job("b")])
    run = found.notify()
    found.end("a", "FAILED")
    assert found.running() == ["a"]
    found.end("a")
    assert found.running() == ["b"]
    found.end("b")
    assert run.status == "COMPLETED"
    assert found.runs.as_dict(run)["Statistics"]["FailedActions"] == 0


def test_a_second_event_meets_the_limit_of_runs():
    found = Workflows(start("a"))
    first, second = found.notify(), found.notify()
    assert (first.status, second.status) == ("RUNNING", "ERROR")
    assert second.message == "Concurrent runs exceeded for workflow nightly"
    assert len(found.stage.runs.of("a")) == 1
    found.end("a")
    assert found.notify().status == "RUNNING"
    assert [run.id for run in found.runs.of("nightly")][-1] == first.id


def test_a_job_that_runs_elsewhere_already():
    found = Workflows(start("a", "b"), after("t", ["a"], "c"))
    found.stage.runs.start("a")
    run = found.notify()
    (refused,) = [one for one in found.stage.runs.of_workflow(run.id) if one.job == "a"]
    assert (refused.state, refused.message) == ("FAILED", "Concurrent runs exceeded for a")
    found.end("b")
    assert run.status == "COMPLETED"
    assert found.stage.runs.of("c") == []


def test_a_job_started_by_hand_fires_no_trigger():
    found = Workflows(start("a"), after("t", ["a"], "b"))
    by_hand = found.stage.runs.start("a")
    found.stage.wait_for_begin()
    found.stage.end(by_hand)
    assert found.stage.runs.of("b") == []


def test_a_job_that_was_deleted():
    found = Workflows(start("a", "gone"), jobs=[job("a")])
    run = found.notify()
    (missing,) = [one for one in found.stage.runs.of_workflow(run.id) if one.job == "gone"]
    assert (missing.state, missing.message) == ("ERROR", "there is no job gone")
    found.end("a")
    assert run.status == "COMPLETED"


def test_triggers_that_change_are_for_the_next_run():
    found = Workflows(start("a"), after("t", ["a"], "b"))
    found.notify()
    found.definition = WorkflowDefinition("nightly", 1, {}, (start("a"),))
    found.end("a")
    assert found.running() == ["b"]


def test_the_trigger_s_arguments_reach_the_job():
    trigger = TriggerDefinition("start", "EVENT", False, (Action("a", {"--x": "trigger"}),))
    found = Workflows(trigger, jobs=[job("a", defaults={"--x": "default", "--y": "default"})])
    found.notify()
    assert found.stage.wait_for_begin().arguments == {"--x": "trigger", "--y": "default"}


def test_workflows_that_no_event_can_start():
    found = Workflows(after("t", ["a"], "b"))
    with pytest.raises(NoStartTrigger):
        found.notify()
    with pytest.raises(UnknownWorkflow):
        found.runs.notify("weekly", EVENT)
    assert found.runs.of("nightly") == []
