"""Glue's API for runs of jobs and workflows, on top of moto's jobs, triggers and workflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
    JobNotFoundException,
    JobRunNotFoundException,
)
from moto.glue.responses import GlueResponse

from alur.sandbox.server.jobs.job_run import EmulatedJobRun
from alur.sandbox.server.jobs.job_runs import JobRuns, TooManyRuns, UnknownJob
from alur.sandbox.server.workflows.workflow_definition import NoStartTrigger, UnknownWorkflow
from alur.sandbox.server.workflows.workflow_runs import WorkflowRuns


def install(jobs: JobRuns, workflows: WorkflowRuns) -> None:
    """Patch moto's Glue to answer from these runs for the life of this process."""
    operations: dict[str, Callable[[GlueResponse], dict[str, Any]]] = {
        "start_job_run": lambda request: _start_job_run(request, jobs),
        "get_job_run": lambda request: _get_job_run(request, jobs),
        "get_job_runs": lambda request: _get_job_runs(request, jobs),
        "batch_stop_job_run": lambda request: _batch_stop_job_run(request, jobs),
        "start_workflow_run": lambda request: _start_workflow_run(request, workflows),
        "get_workflow_run": lambda request: _get_workflow_run(request, workflows),
        "get_workflow_runs": lambda request: _get_workflow_runs(request, workflows),
    }
    for name, answer in operations.items():
        setattr(GlueResponse, name, _operation(answer))


def _operation(
    answer: Callable[[GlueResponse], dict[str, Any]],
) -> Callable[[GlueResponse], ActionResult]:
    def operation(self: GlueResponse) -> ActionResult:
        return ActionResult(answer(self))

    return operation


def _start_job_run(request: GlueResponse, jobs: JobRuns) -> dict[str, Any]:
    job = request._get_param("JobName")
    try:
        run = jobs.start(job, given=request._get_param("Arguments"))
    except UnknownJob:
        raise JobNotFoundException(job) from None
    except TooManyRuns:
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job}") from None
    return {"JobRunId": run.id}


def _get_job_run(request: GlueResponse, jobs: JobRuns) -> dict[str, Any]:
    run_id = request._get_param("RunId")
    for run in _runs_of(request, jobs):
        if run.id == run_id:
            return {"JobRun": run.as_dict()}
    raise JobRunNotFoundException(run_id)


def _get_job_runs(request: GlueResponse, jobs: JobRuns) -> dict[str, Any]:
    runs = _runs_of(request, jobs)
    first = int(request._get_param("NextToken") or 0)
    # https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobRuns.html
    last = first + int(request._get_param("MaxResults") or 200)
    answer: dict[str, Any] = {"JobRuns": [run.as_dict() for run in runs[first:last]]}
    return answer | ({"NextToken": f"{last}"} if last < len(runs) else {})


def _batch_stop_job_run(request: GlueResponse, jobs: JobRuns) -> dict[str, Any]:
    job = request._get_param("JobName")
    runs = {run.id: run for run in _runs_of(request, jobs)}
    stopped: list[dict[str, str]] = []
    errors: list[dict[str, Any]] = []
    for run_id in request._get_param("JobRunIds"):
        run = runs.get(run_id)
        if run is None or run.ended:
            detail = {"ErrorCode": "JobRunNotInTerminalStateException", "ErrorMessage": ""}
            if run is None:
                detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": run_id}
            errors.append({"JobName": job, "JobRunId": run_id, "ErrorDetail": detail})
        else:
            jobs.stop(run)
            stopped.append({"JobName": job, "JobRunId": run_id})
    return {"SuccessfulSubmissions": stopped, "Errors": errors}


def _runs_of(request: GlueResponse, jobs: JobRuns) -> list[EmulatedJobRun]:
    job = request._get_param("JobName")
    # The runs of a deleted job cannot be queried.
    request.glue_backend.get_job(job)
    return jobs.of(job)


def _start_workflow_run(request: GlueResponse, workflows: WorkflowRuns) -> dict[str, Any]:
    name = request._get_param("Name")
    try:
        return {"RunId": workflows.notify(name, {}).id}
    except UnknownWorkflow:
        raise EntityNotFoundException("Entity not found") from None
    except NoStartTrigger:
        raise InvalidInputException("StartWorkflowRun", "no trigger starts it") from None


def _get_workflow_run(request: GlueResponse, workflows: WorkflowRuns) -> dict[str, Any]:
    run = workflows.find(request._get_param("Name"), request._get_param("RunId"))
    if run is None:
        raise EntityNotFoundException("Entity not found")
    return {"Run": workflows.as_dict(run, graph=bool(request._get_param("IncludeGraph")))}


def _get_workflow_runs(request: GlueResponse, workflows: WorkflowRuns) -> dict[str, Any]:
    graph = bool(request._get_param("IncludeGraph"))
    runs = workflows.of(request._get_param("Name"))
    return {"Runs": [workflows.as_dict(run, graph=graph) for run in runs]}
