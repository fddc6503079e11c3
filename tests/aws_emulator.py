"""moto's server with what it lacks: Glue's UpdateJob and UpdateTrigger, queued jobs, and policies on unencrypted requests."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import InvalidInputException
from moto.glue.models import Action, FakeJob, GlueBackend, Predicate
from moto.glue.responses import GlueResponse
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.s3.models import FakeBucket
from moto.server import ThreadedMotoServer

_JOB_FIELDS = {
    "Description": "description",
    "Role": "role",
    "ExecutionProperty": "execution_property",
    "Command": "command",
    "DefaultArguments": "default_arguments",
    "MaxRetries": "max_retries",
    "Timeout": "timeout",
    "GlueVersion": "glue_version",
    "NumberOfWorkers": "number_of_workers",
    "WorkerType": "worker_type",
    "ExecutionClass": "execution_class",
}
"""What an update of a job replaces, and what moto calls it."""


def start() -> ThreadedMotoServer:
    """The server on a free port of 127.0.0.1."""
    _extend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server


def _extend() -> None:
    GlueResponse.update_job = _update_job  # type: ignore[attr-defined]
    GlueResponse.update_trigger = _update_trigger  # type: ignore[attr-defined]
    GlueResponse.create_job = _create_job  # type: ignore[method-assign]
    GlueResponse.create_table = _create_table  # type: ignore[method-assign]
    LogsResponse.filter_log_events = _filter_log_events  # type: ignore[method-assign]
    FakeJob.as_dict = _job_with_queue  # type: ignore[method-assign]
    FakeBucket.get_permission = _permission_over_tls  # type: ignore[method-assign]


_original_create_job = GlueResponse.create_job
_original_create_table = GlueResponse.create_table
_original_job = FakeJob.as_dict


def _create_job(self: GlueResponse) -> ActionResult:
    result = _original_create_job(self)
    job = self.glue_backend.get_job(self._get_param("Name"))
    job.queued = self._get_param("JobRunQueuingEnabled")  # type: ignore[attr-defined]
    return result


def _create_table(self: GlueResponse) -> ActionResult:
    """Glue can make Iceberg tables itself, from OpenTableFormatInput alone; moto cannot, and engines do it another way."""
    if self._get_param("TableInput") is None:
        raise InvalidInputException("CreateTable", "unknown parameter: OpenTableFormatInput")
    return _original_create_table(self)


def _job_with_queue(self: FakeJob) -> dict[str, Any]:
    queued = getattr(self, "queued", None)
    return _original_job(self) | ({} if queued is None else {"JobRunQueuingEnabled": queued})


def _update_job(self: GlueResponse) -> ActionResult:
    """https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateJob.html: what is left out is set back."""
    job = self.glue_backend.get_job(self._get_param("JobName"))
    update = self._get_param("JobUpdate")
    for field, attribute in _JOB_FIELDS.items():
        setattr(job, attribute, update.get(field))
    job.queued = update.get("JobRunQueuingEnabled")  # type: ignore[attr-defined]
    return ActionResult({"JobName": job.name})


def _update_trigger(self: GlueResponse) -> ActionResult:
    """https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTrigger.html."""
    backend: GlueBackend = self.glue_backend
    trigger = backend.get_trigger(self._get_param("Name"))
    update = self._get_param("TriggerUpdate")
    if "Actions" in update:
        trigger.actions = [Action(inputs) for inputs in update["Actions"]]
    if "Predicate" in update:
        trigger.predicate = Predicate(update["Predicate"])
    trigger.description = update.get("Description", trigger.description)
    return ActionResult({"Trigger": trigger.as_dict()})


_PAGE = 700
_EMPTY_PAGE = "an empty page, and more to come"


def _filter_log_events(self: LogsResponse) -> str:
    """With prefixes of streams, in the order of time; in pages, the first of them empty, as AWS may hand them out."""
    group = self._get_param("logGroupName")
    token = self._get_param("nextToken")
    if group not in self.logs_backend.groups:
        raise ResourceNotFoundException
    if token is None:
        return json.dumps({"events": [], "nextToken": _EMPTY_PAGE})
    prefix = self._get_param("logStreamNamePrefix", "")
    names = [name for name in self.logs_backend.groups[group].streams if name.startswith(prefix)]
    if not names:
        return json.dumps({"events": []})
    events, following, _ = self.logs_backend.filter_log_events(
        group,
        names,
        self._get_param("startTime"),
        self._get_param("endTime"),
        _PAGE,
        None if token == _EMPTY_PAGE else token,
        self._get_param("filterPattern"),
        True,
    )
    return json.dumps({"events": events} | ({"nextToken": following} if following else {}))


def _permission_over_tls(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    """The bucket's policy, as it is for requests over TLS: moto passes over all conditions, and would deny everything."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    policy["Statement"] = [s for s in policy["Statement"] if s.get("Condition") != unencrypted]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
