"""Builds the project's schedules, which tick in UTC at the same instants as EventBridge."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from alur.project.project import DeclaredSchedule, Project
from alur.scheduling.schedule import Schedule
from alur_dagster.translator import AlurTranslator, schedule_tag

_ALL_ASSETS = "__ASSET_JOB"
"""Dagster's own job of all assets, which "Materialize" starts."""

_OWN_TARGETS_UP_TO = 500
"""The largest product of schedules and assets for schedules with targets of their own.

The time Dagster takes to resolve such targets grows with this product: half a second for 500.
"""


def build_schedules(project: Project, translator: AlurTranslator) -> list[dg.ScheduleDefinition]:
    """Return one schedule for each ``@schedule``, on or off as declared.

    Each starts exactly the assets of its scope. In larger projects, schedules start them through the job of all
    assets. Dagster's pages then do not link schedules and assets, but a schedule's description names its assets.
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
