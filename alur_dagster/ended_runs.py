"""Reports pipelines run by the command line as Dagster runs, if an event alone would mislead.

Dagster shows a table as failed after a failed run planned it, until a later run plans it again. A failed pipeline is
therefore reported as a run, and so is the first success after it. All others are events without a run: a run for each
of a hundred tables would push everything else off the page of runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster import DagsterEventType as EventType
from dagster._core.events import (
    AssetMaterializationPlannedData,
    AssetObservationData,
    StepMaterializationData,
)

from alur_dagster.metadata import Record

_ALL_ASSETS = "__ASSET_JOB"
"""Dagster's own job of all assets; its runs name the tables they materialize."""

RunlessEvent = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation
EventData = (
    AssetMaterializationPlannedData
    | StepMaterializationData
    | AssetObservationData
    | dg.AssetCheckEvaluation
)


def shown_as_failed(instance: dg.DagsterInstance, key: dg.AssetKey) -> bool:
    """Return whether the last run to plan a table failed without writing it."""
    planned = instance.get_latest_planned_materialization_info(key)
    if planned is None:
        return False
    run = instance.get_run_by_id(planned.run_id)
    if run is None or run.status is not dg.DagsterRunStatus.FAILURE:
        return False
    written = instance.get_latest_materialization_event(key)
    return written is None or written.run_id != planned.run_id


def report_run(
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    record: Record,
    events: Iterable[RunlessEvent],
) -> None:
    """Add a finished run with the pipeline's events; it has failed if the record has an error."""
    run = instance.add_run(
        dg.DagsterRun(
            job_name=_ALL_ASSETS,
            asset_selection=frozenset([key]),
            tags={"alur/pipeline": record["pipeline"], "alur/started_by": "command_line"},
        )
    )

    def report(kind: EventType, data: EventData | None = None) -> None:
        event = dg.DagsterEvent(kind.value, run.job_name, event_specific_data=data)
        instance.report_dagster_event(event, run.run_id)

    report(EventType.RUN_START)
    report(EventType.ASSET_MATERIALIZATION_PLANNED, AssetMaterializationPlannedData(key))
    for event in events:
        report(*_typed(event))
    if "error" in record:
        instance.report_run_failed(run, record["error"])
    else:
        report(EventType.RUN_SUCCESS)


def _typed(event: RunlessEvent) -> tuple[EventType, EventData]:
    if isinstance(event, dg.AssetMaterialization):
        return EventType.ASSET_MATERIALIZATION, StepMaterializationData(event)
    if isinstance(event, dg.AssetObservation):
        return EventType.ASSET_OBSERVATION, AssetObservationData(event)
    return EventType.ASSET_CHECK_EVALUATION, event
