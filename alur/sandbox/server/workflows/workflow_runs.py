"""Runs Glue workflows: an event starts the first jobs, and their ends start the others.

(https://docs.aws.amazon.com/glue/latest/dg/workflows_overview.html)
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from alur.sandbox.server.jobs.job_run import EmulatedJobRun, StartedBy
from alur.sandbox.server.jobs.job_runs import JobRuns, TooManyRuns, UnknownJob
from alur.sandbox.server.workflows.workflow_definition import TriggerDefinition, WorkflowDefinition

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


@dataclass(eq=False)
class WorkflowRun:
    """One run of a workflow.

    Attributes:
        event: the event that started it.
        fired: the names of the triggers fired so far.
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

    def start_trigger(self, workflow: str) -> TriggerDefinition:
        """Return the trigger with which events start a workflow.

        Raises:
            UnknownWorkflow: no workflow has this name.
            NoStartTrigger: the workflow has no trigger for events.
        """
        return self._definition(workflow).start_trigger

    def notify(self, workflow: str, event: Mapping[str, Any]) -> WorkflowRun:
        """Start a run of a workflow, as EventBridge does for each event of a rule that targets it.

        Raises:
            UnknownWorkflow: no workflow has this name.
            NoStartTrigger: the workflow has no trigger for events.
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
                self._advance(run)
        return run

    def of(self, workflow: str) -> list[WorkflowRun]:
        """Return the runs of a workflow, the latest first."""
        with self._jobs.lock:
            return self._runs.get(workflow, [])[::-1]

    def find(self, workflow: str, run_id: str) -> WorkflowRun | None:
        """Return the run with an id; None if there is none."""
        return next((run for run in self.of(workflow) if run.id == run_id), None)

    def as_dict(self, run: WorkflowRun, *, graph: bool = False) -> dict[str, Any]:
        """Return Glue's description (https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowRun.html)."""
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

    def _job_ended(self, job: EmulatedJobRun) -> None:
        if job.started_by is None:
            return
        run = self.find(job.started_by.workflow, job.started_by.workflow_run_id)
        if run is not None and run.status == "RUNNING":
            self._advance(run)

    def _advance(self, run: WorkflowRun) -> None:
        """Fire all due triggers, and complete the run once every job has ended and no trigger is due."""
        while due := self._due(run):
            for trigger in due:
                self._fire(run, trigger)
        if all(job.ended for job in self._jobs.of_workflow(run.id)):
            run.status, run.completed = "COMPLETED", datetime.now(timezone.utc)

    def _due(self, run: WorkflowRun) -> list[TriggerDefinition]:
        # The latest attempt of each job counts; a running one has no final state yet.
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


def _graph(workflow: WorkflowDefinition, jobs: Iterable[EmulatedJobRun]) -> dict[str, Any]:
    """Return Glue's graph of a run (https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowGraph.html)."""
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
