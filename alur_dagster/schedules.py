"""The project's schedules: they tick at the instants at which EventBridge fires, in UTC."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from alur.project.project import DeclaredSchedule, Project
from alur.scheduling.schedule import Schedule
from alur_dagster.translator import AlurTranslator, schedule_tag

_ALL_ASSETS = "__ASSET_JOB"
"""The job that Dagster itself makes of all assets, and that "Materialize" starts."""

_OWN_TARGETS_UP_TO = 500
"""Dagster resolves schedules' own targets in time that grows with schedules times assets: so many take half a second."""


def build_schedules(project: Project, translator: AlurTranslator) -> list[dg.ScheduleDefinition]:
    """One schedule for each ``@schedule``; on or off as it says.

    Each starts just the assets that its scope names. In a project of some size they do it by way of the one job of all
    assets, and Dagster's pages of a schedule and of an asset do not show which belong together; the schedule's
    description does.
    """
    own_target = len(project.schedules) * len(project.pipelines) <= _OWN_TARGETS_UP_TO
    return [
        _build(project, translator, declared, own_target=own_target)
        for declared in project.schedules
    ]


def _build(
    project: Project,
    translator: AlurTranslator,
    declared: DeclaredSchedule,
    *,
    own_target: bool,
) -> dg.ScheduleDefinition:
    pipeline, position, schedule = declared
    expression = schedule.expression
    started = project.graph.order(project.graph.scoped(pipeline.name, schedule.scope))
    keys = [translator.get_asset_key(project.pipeline(name).target) for name in started]
    five_field = expression.five_field

    def tick(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        instant = context.scheduled_execution_time
        if five_field.exact or expression.matches(instant):
            yield dg.RunRequest(asset_selection=keys, tags={"alur/pipeline": pipeline.name})
        else:
            yield dg.SkipReason(f"{expression.text} does not fire at {instant:%Y-%m-%d %H:%M} UTC")

    return dg.ScheduleDefinition(
        name=translator.get_schedule_name(pipeline, position),
        target=dg.AssetSelection.assets(*keys) if own_target else None,
        job_name=None if own_target else _ALL_ASSETS,
        cron_schedule=five_field.cron,
        execution_timezone="UTC",
        execution_fn=tick,
        description=_description(schedule, started),
        tags={
            "alur/pipeline": pipeline.name,
            "alur/expression": schedule_tag(expression.canonical),
        },
        default_status=(
            dg.DefaultScheduleStatus.RUNNING
            if schedule.enabled
            else dg.DefaultScheduleStatus.STOPPED
        ),
    )


def _description(schedule: Schedule, started: list[str]) -> str:
    expression = schedule.expression
    about = f"{schedule.description}. " if schedule.description else ""
    note = expression.five_field.note
    ending = f" {note[0].upper()}{note[1:]}." if note else ""
    return (
        f"{about}{expression.text}: {expression.describe()}. Starts {', '.join(started)}.{ending}"
    )
