"""The project's schedules: they tick at the instants at which EventBridge fires, in UTC."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
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
    found = [
        (made, position) for made in project.pipelines for position in range(len(made.schedules))
    ]
    own_target = len(found) * len(project.pipelines) <= _OWN_TARGETS_UP_TO
    return [
        _build(project, translator, made, position, own_target=own_target)
        for made, position in found
    ]


def _build(
    project: Project,
    translator: AlurTranslator,
    made: Pipeline,
    position: int,
    *,
    own_target: bool,
) -> dg.ScheduleDefinition:
    declared = made.schedules[position]
    started = project.graph.order(project.graph.scoped(made.name, declared.scope))
    keys = [translator.get_asset_key(project.pipeline(name).target) for name in started]
    five_field = declared.expression.five_field

    def tick(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        instant = context.scheduled_execution_time
        if five_field.exact or declared.expression.matches(instant):
            yield dg.RunRequest(asset_selection=keys, tags={"alur/pipeline": made.name})
        else:
            yield dg.SkipReason(
                f"{declared.expression.text} does not fire at {instant:%Y-%m-%d %H:%M} UTC"
            )

    return dg.ScheduleDefinition(
        name=translator.get_schedule_name(made, position),
        target=dg.AssetSelection.assets(*keys) if own_target else None,
        job_name=None if own_target else _ALL_ASSETS,
        cron_schedule=five_field.cron,
        execution_timezone="UTC",
        execution_fn=tick,
        description=_description(declared, started),
        tags={
            "alur/pipeline": made.name,
            "alur/expression": schedule_tag(declared.expression.canonical),
        },
        default_status=(
            dg.DefaultScheduleStatus.RUNNING
            if declared.enabled
            else dg.DefaultScheduleStatus.STOPPED
        ),
    )


def _description(declared: Schedule, started: list[str]) -> str:
    expression = declared.expression
    about = f"{declared.description}. " if declared.description else ""
    note = expression.five_field.note
    ending = f" {note[0].upper()}{note[1:]}." if note else ""
    return (
        f"{about}{expression.text}: {expression.describe()}. Starts {', '.join(started)}.{ending}"
    )
