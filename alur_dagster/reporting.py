"""Reports pipelines run by the command line to Dagster's instance: each at the time of its end, and exactly once.

Most are events without a run: a run for each of a hundred tables would push everything else off the page of runs. But
Dagster shows a table as failed after a failed run planned it, until a later run plans it again. A failed pipeline is
therefore reported as a run, and so is the first success after it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from functools import partial
from itertools import dropwhile

import dagster as dg
from dagster import DagsterEventType as EventType
from dagster._core.events import (
    AssetMaterializationPlannedData,
    AssetObservationData,
    StepMaterializationData,
)
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from alur_dagster.ended_runs import EndedRun, TableEvent

_ALL_ASSETS = "__ASSET_JOB"
"""Dagster's own job of all assets; its runs name the tables they materialize."""

_SEARCHED = 1_000
"""How many of a check's latest evaluations are searched for one that a killed process has stored."""

EventData = (
    AssetMaterializationPlannedData
    | StepMaterializationData
    | AssetObservationData
    | dg.AssetCheckEvaluation
)


def report(instance: dg.DagsterInstance, ended: EndedRun) -> None:
    """Store an end's events, except those that a killed process has stored before."""
    run = instance.get_run_by_id(ended.id)
    if run is not None and run.is_finished:
        return
    if run is not None or ended.error is not None:
        _report_run(instance, ended, run)
        return
    missing = list(dropwhile(partial(_is_stored, instance, ended), ended.events))
    if len(missing) == len(ended.events) and _shown_as_failed(instance, ended.key):
        _report_run(instance, ended, None)
    else:
        _report_events(instance, ended, missing)


def _report_events(
    instance: dg.DagsterInstance, ended: EndedRun, events: Iterable[TableEvent]
) -> None:
    for event in events:
        kind, data = _typed(event)
        stored = dg.DagsterEvent(kind.value, RUNLESS_JOB_NAME, event_specific_data=data)
        # Unlike report_runless_asset_event, this takes a time.
        instance.report_dagster_event(stored, RUNLESS_RUN_ID, timestamp=ended.ended_at)


def _is_stored(instance: dg.DagsterInstance, ended: EndedRun, event: TableEvent) -> bool:
    run_id = event.metadata["run_id"]
    return any(
        each is not None and each.metadata.get("run_id") == run_id
        for each in _stored(instance, ended, event)
    )


def _stored(
    instance: dg.DagsterInstance, ended: EndedRun, event: TableEvent
) -> Iterator[TableEvent | None]:
    """Yield stored events of the same kind, among which this one would be."""
    around = dg.AssetRecordsFilter(
        event.asset_key,
        after_timestamp=ended.ended_at - 1,
        before_timestamp=ended.ended_at + 1,
    )
    if isinstance(event, dg.AssetMaterialization):
        for record in instance.fetch_materializations(around, _SEARCHED).records:
            yield record.asset_materialization
    elif isinstance(event, dg.AssetObservation):
        for record in instance.fetch_observations(around, _SEARCHED).records:
            yield record.asset_observation
    else:
        history = instance.event_log_storage.get_asset_check_execution_history
        for execution in history(event.asset_check_key, _SEARCHED):
            yield execution.evaluation


def _shown_as_failed(instance: dg.DagsterInstance, key: dg.AssetKey) -> bool:
    """Return whether the last run to plan a table failed without writing it."""
    planned = instance.get_latest_planned_materialization_info(key)
    if planned is None:
        return False
    run = instance.get_run_by_id(planned.run_id)
    if run is None or run.status is not dg.DagsterRunStatus.FAILURE:
        return False
    written = instance.get_latest_materialization_event(key)
    return written is None or written.run_id != planned.run_id


def _report_run(
    instance: dg.DagsterInstance, ended: EndedRun, unfinished: dg.DagsterRun | None
) -> None:
    """Add a finished run with the pipeline's events, or finish the one that a killed process has added."""
    if unfinished is None:
        ended_at = datetime.fromtimestamp(ended.ended_at, timezone.utc)
        instance.run_storage.add_historical_run(_run(ended), ended_at)
    else:
        instance.event_log_storage.delete_events(ended.id)
    for kind, data in _typed_events(ended):
        event = dg.DagsterEvent(kind.value, _ALL_ASSETS, event_specific_data=data)
        instance.report_dagster_event(event, ended.id, timestamp=ended.ended_at)
    last = EventType.RUN_SUCCESS if ended.error is None else EventType.RUN_FAILURE
    instance.report_dagster_event(
        dg.DagsterEvent(last.value, _ALL_ASSETS, message=ended.error),
        ended.id,
        logging.INFO if ended.error is None else logging.ERROR,
        timestamp=ended.ended_at,
    )


def _run(ended: EndedRun) -> dg.DagsterRun:
    return dg.DagsterRun(
        job_name=_ALL_ASSETS,
        run_id=ended.id,
        asset_selection=frozenset([ended.key]),
        tags={"alur/pipeline": ended.pipeline, "alur/started_by": "command_line"},
    )


def _typed_events(ended: EndedRun) -> Iterator[tuple[EventType, EventData | None]]:
    yield EventType.RUN_START, None
    yield EventType.ASSET_MATERIALIZATION_PLANNED, AssetMaterializationPlannedData(ended.key)
    for event in ended.events:
        yield _typed(event)


def _typed(event: TableEvent) -> tuple[EventType, EventData]:
    if isinstance(event, dg.AssetMaterialization):
        return EventType.ASSET_MATERIALIZATION, StepMaterializationData(event)
    if isinstance(event, dg.AssetObservation):
        return EventType.ASSET_OBSERVATION, AssetObservationData(event)
    return EventType.ASSET_CHECK_EVALUATION, event
