"""The schedules of a project as its pages show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur.project.project import DeclaredSchedule, Project
from alur.scheduling.cron import Cron
from alur.scheduling.expression import AwsSchedule
from alur.scheduling.fields import YEARS
from alur.scheduling.rate import Rate
from alur.site.datasets import page_of
from alur.site.links import Link, place_of


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule as a page shows it.

    Attributes:
        pipeline: leads to the table that its pipeline writes.
        starts: the pipelines it starts, in their order.
        fires: the fire times as JSON, from which the page computes the next ones.
    """

    pipeline: Link
    expression: str
    words: str
    description: str
    enabled: bool
    starts: tuple[Link, ...]
    place: str
    fires: str


def shown_schedules(project: Project) -> list[ShownSchedule]:
    """Return all schedules of a project, in the order of their pipelines."""
    return [_shown(project, declared) for declared in project.schedules]


def starting(project: Project, shown: list[ShownSchedule]) -> Mapping[str, list[ShownSchedule]]:
    """Return the schedules that start each pipeline, by its name."""
    by_pipeline: dict[str, list[ShownSchedule]] = {}
    for schedule in shown:
        for link in schedule.starts:
            by_pipeline.setdefault(link.text, []).append(schedule)
    return by_pipeline


def _shown(project: Project, declared: DeclaredSchedule) -> ShownSchedule:
    pipeline, _, schedule = declared
    started = project.graph.order(project.graph.scoped(pipeline.name, schedule.scope))
    return ShownSchedule(
        Link(pipeline.name, page_of(pipeline.target)),
        schedule.expression.text,
        schedule.expression.describe(),
        schedule.description,
        schedule.enabled,
        tuple(Link(name, page_of(project.pipeline(name).target)) for name in started),
        place_of(schedule.location, project.root),
        fires(schedule.expression),
    )


def fires(expression: AwsSchedule) -> str:
    """Return the values of each field of an expression, or its period in minutes, as JSON.

    >>> from alur.scheduling import AwsSchedule
    >>> fires(AwsSchedule("rate(1 hour)"))
    '{"every":60}'
    """
    return json.dumps(_fields(expression.meaning), separators=(",", ":"))


def _fields(meaning: Cron | Rate) -> dict[str, Any]:
    if isinstance(meaning, Rate):
        return {"every": meaning.minutes}
    return {
        "minutes": meaning.minutes,
        "hours": meaning.hours,
        "days": [meaning.days.kind, meaning.days.values, meaning.days.nth],
        "months": meaning.months,
        # Nearly all expressions are for all years.
        "years": None if len(meaning.years) == YEARS.size else meaning.years,
    }
