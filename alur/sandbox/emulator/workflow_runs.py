"""Runs of Glue workflows: an event starts the first jobs, and their ends start the others.

(https://docs.aws.amazon.com/glue/latest/dg/workflows_overview.html)
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from alur.sandbox.jobs.runs import JobRun, JobRuns, StartedBy, TooManyRuns, UnknownJob

_COUNTED = {
    "SUCCEEDED": "SucceededActions",
    "FAILED": "FailedActions",
    "STOPPED": "StoppedActions",
    "TIMEOUT": "TimeoutActions",
    "ERROR": "ErroredActions",
    "WAITING": "WaitingActions",
    "STARTING": "RunningActions",
    "RUNNING": "RunningActions",
    "STOPPING": "RunningActions",
}


class UnknownWorkflow(Exception):
    """There is no workflow of that name."""


class NoStartTrigger(Exception):
    """Nothing in a workflow is started by an event."""


@dataclass(frozen=True, slots=True)
class Action:
    """A job that a trigger starts."""

    job: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """A trigger as it stands when a run of its workflow begins; changes made later are for later runs.

    Attributes:
        active: whether it has been activated; an event needs no such thing.
        logical: whether all conditions must hold, or any.
        conditions: jobs, each with the state in which it must have ended.
    """

    name: str
    type: str
    active: bool
    actions: tuple[Action, ...]
    logical: Literal["AND", "ANY"] = "AND"
    conditions: tuple[tuple[str, str], ...] = ()

    def holds(self, states: Mapping[str, str]) -> bool:
        """Whether the trigger fires, by the state in which each job has ended.

        >>> both = TriggerDefinition("t", "CONDITIONAL", True, (), "AND", (("a", "SUCCEEDED"), ("b", "SUCCEEDED")))
        >>> both.holds({"a": "SUCCEEDED"}), both.holds({"a": "SUCCEEDED", "b": "SUCCEEDED"})
        (False, True)
        """
        met = [states.get(job) == state for job, state in self.conditions]
        return bool(met) and (all(met) if self.logical == "AND" else any(met))


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A workflow as it stands when a run of it begins.

    Attributes:
        max_concurrent_runs: how many runs there may be at once; None for any number.
    """

    name: str
    max_concurrent_runs: int | None
    properties: Mapping[str, str]
    triggers: tuple[TriggerDefinition, ...]

    @property
    def start_trigger(self) -> TriggerDefinition:
        """The one that an event fires.

        Raises:
            NoStartTrigger: there is none of that type.
        """
        for trigger in self.triggers:
            if trigger.type == "EVENT":
                return trigger
        raise NoStartTrigger(self.name)


@dataclass(eq=False)
class WorkflowRun:
    """One run of a workflow.

    Attributes:
        event: what started it.
        fired: the names of the triggers that have fired.
    """

    definition: WorkflowDefinition
    event: Mapping[str, Any]
    id: str
    status: Literal["RUNNING", "COMPLETED", "ERROR"] = "RUNNING"
    message: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    completed: datetime | None = None
    fired: set[str] = field(default_factory=set)


class WorkflowRuns:
    """All runs of all workflows of an account."""

    def __init__(self, definition: Callable[[str], WorkflowDefinition], jobs: JobRuns) -> None:
        self._definition = definition
        self._jobs = jobs
        self._runs: dict[str, list[WorkflowRun]] = {}
        jobs.on_end.append(self._job_ended)

    def notify(self, workflow: str, event: Mapping[str, Any]) -> WorkflowRun:
        """What EventBridge does with a rule whose target is a workflow; each event starts a run.

        Raises:
            UnknownWorkflow: there is no such workflow.
            NoStartTrigger: it does not wait for events.
        """
        with self._jobs.lock:
            definition = self._definition(workflow)
            start = definition.start_trigger
            run = WorkflowRun(definition, event, f"wr_{uuid.uuid4().hex}{uuid.uuid4().hex}")
            before = self._runs.setdefault(workflow, [])
            running = sum(one.status == "RUNNING" for one in before)
            before.append(run)
            limit = definition.max_concurrent_runs
            if limit is not None and running >= limit:
                run.status, run.completed = "ERROR", run.started
                run.message = f"Concurrent runs exceeded for workflow {workflow}"
            else:
                self._fire(run, start)
                self._go_on(run)
        return run

    def of(self, workflow: str) -> list[WorkflowRun]:
        """The runs of a workflow, the latest first."""
        with self._jobs.lock:
            return self._runs.get(workflow, [])[::-1]

    def find(self, workflow: str, run_id: str) -> WorkflowRun | None:
        """A run by its id."""
        return next((run for run in self.of(workflow) if run.id == run_id), None)

    def as_dict(self, run: WorkflowRun, *, graph: bool = False) -> dict[str, Any]:
        """Glue's description (https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowRun.html)."""
        with self._jobs.lock:
            jobs = self._jobs.of_workflow(run.id)
            latest = {job.job: job for job in jobs}
            counts = Counter(_COUNTED[job.state] for job in latest.values())
            actions = sum(len(trigger.actions) for trigger in run.definition.triggers)
            described: dict[str, Any] = {
                "Name": run.definition.name,
                "WorkflowRunId": run.id,
                "WorkflowRunProperties": {
                    **run.definition.properties,
                    "aws:eventIds": run.event.get("id", ""),
                },
                "StartedOn": run.started,
                "Status": run.status,
                "Statistics": {name: counts[name] for name in set(_COUNTED.values())}
                | {"TotalActions": actions},
            }
            if run.completed:
                described["CompletedOn"] = run.completed
            if run.message:
                described["ErrorMessage"] = run.message
            if graph:
                described["Graph"] = _graph(run.definition, jobs)
            return described

    def _job_ended(self, job: JobRun) -> None:
        if job.started_by is None:
            return
        run = self.find(job.started_by.workflow, job.started_by.workflow_run_id)
        if run is not None and run.status == "RUNNING":
            self._go_on(run)

    def _go_on(self, run: WorkflowRun) -> None:
        """Fires what is due now; the run is over when nothing goes on and nothing more is due."""
        while due := self._due(run):
            for trigger in due:
                self._fire(run, trigger)
        if all(job.ended for job in self._jobs.of_workflow(run.id)):
            run.status, run.completed = "COMPLETED", datetime.now(timezone.utc)

    def _due(self, run: WorkflowRun) -> list[TriggerDefinition]:
        # By the latest attempt of each job; one that goes on has no state yet.
        latest = {job.job: job for job in self._jobs.of_workflow(run.id)}
        states = {name: job.state for name, job in latest.items() if job.ended}
        return [
            trigger
            for trigger in run.definition.triggers
            if trigger.type == "CONDITIONAL" and trigger.active
            if trigger.name not in run.fired and trigger.holds(states)
        ]

    def _fire(self, run: WorkflowRun, trigger: TriggerDefinition) -> None:
        run.fired.add(trigger.name)
        by = StartedBy(trigger.name, run.definition.name, run.id)
        for action in trigger.actions:
            try:
                self._jobs.start(action.job, action=action.arguments, started_by=by)
            except UnknownJob:
                message = f"there is no job {action.job}"
                self._jobs.not_started(action.job, by, "ERROR", message)
            except TooManyRuns:
                message = f"Concurrent runs exceeded for {action.job}"
                self._jobs.not_started(action.job, by, "FAILED", message)


def _graph(workflow: WorkflowDefinition, jobs: Iterable[JobRun]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowGraph.html."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for job in jobs:
        runs.setdefault(job.job, []).append(job.as_dict())
    names = dict.fromkeys(action.job for trigger in workflow.triggers for action in trigger.actions)
    nodes: list[dict[str, Any]] = [
        {"Type": "TRIGGER", "Name": trigger.name, "UniqueId": f"trigger/{trigger.name}"}
        for trigger in workflow.triggers
    ]
    nodes += [
        {
            "Type": "JOB",
            "Name": name,
            "UniqueId": f"job/{name}",
            "JobDetails": {"JobRuns": runs.get(name, [])},
        }
        for name in names
    ]
    edges = []
    for trigger in workflow.triggers:
        node = f"trigger/{trigger.name}"
        edges += [
            {"SourceId": f"job/{job}", "DestinationId": node} for job, _ in trigger.conditions
        ]
        edges += [{"SourceId": node, "DestinationId": f"job/{a.job}"} for a in trigger.actions]
    return {"Nodes": nodes, "Edges": edges}
