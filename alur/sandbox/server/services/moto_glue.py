"""Adds to moto's Glue what a deployment uses: updates of jobs and triggers, queued runs, and conflicting commits."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import GlueClientError, InvalidInputException
from moto.glue.models import FakeJob, GlueBackend
from moto.glue.responses import GlueResponse
from moto.glue.utils import Action, Predicate

_JOB_FIELDS = {
    "Description": "description",
    "Role": "role",
    "ExecutionProperty": "execution_property",
    "Command": "command",
    "DefaultArguments": "default_arguments",
    "NonOverridableArguments": "non_overridable_arguments",
    "MaxRetries": "max_retries",
    "Timeout": "timeout",
    "GlueVersion": "glue_version",
    "NumberOfWorkers": "number_of_workers",
    "WorkerType": "worker_type",
    "ExecutionClass": "execution_class",
}
"""The fields replaced by an update of a job, with moto's attributes for them."""


def extend() -> None:
    """Patch moto for the life of this process."""
    GlueResponse.update_job = _update_job  # type: ignore[attr-defined]
    GlueResponse.update_trigger = _update_trigger  # type: ignore[attr-defined]
    GlueResponse.create_job = _create_job  # type: ignore[method-assign]
    GlueResponse.create_table = _create_table  # type: ignore[method-assign]
    GlueResponse.update_table = _update_table  # type: ignore[method-assign]
    FakeJob.as_dict = _job_with_queue  # type: ignore[method-assign]


_original_create_job = GlueResponse.create_job
_original_create_table = GlueResponse.create_table
_original_job = FakeJob.as_dict


def _create_job(self: GlueResponse) -> ActionResult:
    result = _original_create_job(self)
    job = self.glue_backend.get_job(self._get_param("Name"))
    job.queued = self._get_param("JobRunQueuingEnabled")  # type: ignore[attr-defined]
    return result


def _create_table(self: GlueResponse) -> ActionResult:
    """Create a table from a TableInput.

    Glue can also create Iceberg tables from OpenTableFormatInput alone. Moto cannot, and no engine asks for it.
    """
    if self._get_param("TableInput") is None:
        raise InvalidInputException("CreateTable", "unknown parameter: OpenTableFormatInput")
    return _original_create_table(self)


def _update_table(self: GlueResponse) -> ActionResult:
    """Replace a table, unless its version has changed since the request read it.

    This check detects concurrent commits to an Iceberg table
    (https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html).
    """
    update = self._get_param("TableInput")
    table = self.glue_backend.get_table(self._get_param("DatabaseName"), update["Name"])
    current = f"{table._current_version}"
    if self._get_param("VersionId", current) != current:
        raise GlueClientError(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )
    table.update(update)
    if self._get_param("SkipArchive"):
        # The new version receives a new number even so.
        del table.versions[current]
    return EmptyResult()


def _job_with_queue(self: FakeJob) -> dict[str, Any]:
    queued = getattr(self, "queued", None)
    return _original_job(self) | ({} if queued is None else {"JobRunQueuingEnabled": queued})


def _update_job(self: GlueResponse) -> ActionResult:
    """Replace a job's definition; fields left out are reset.

    (https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateJob.html)
    """
    job = self.glue_backend.get_job(self._get_param("JobName"))
    update = self._get_param("JobUpdate")
    for field, attribute in _JOB_FIELDS.items():
        setattr(job, attribute, update.get(field))
    job.queued = update.get("JobRunQueuingEnabled")  # type: ignore[attr-defined]
    return ActionResult({"JobName": job.name})


def _update_trigger(self: GlueResponse) -> ActionResult:
    """Update a trigger's actions, predicate and description.

    (https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTrigger.html)
    """
    backend: GlueBackend = self.glue_backend
    trigger = backend.get_trigger(self._get_param("Name"))
    update = self._get_param("TriggerUpdate")
    if "Actions" in update:
        trigger.actions = [Action(inputs) for inputs in update["Actions"]]
    if "Predicate" in update:
        trigger.predicate = Predicate(update["Predicate"])
    trigger.description = update.get("Description", trigger.description)
    return ActionResult({"Trigger": trigger.as_dict()})
