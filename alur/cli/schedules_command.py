"""``alur schedules``: describes every schedule in words, with its next fire times."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from alur.cli.instants import Instant
from alur.cli.terminal import echo, echo_json, style

if TYPE_CHECKING:
    from alur.project.project import DeclaredSchedule, Project


@click.command()
@click.option(
    "--next",
    "count",
    type=click.IntRange(0, 1000),
    default=1,
    metavar="N",
    show_default=True,
    help="How many fire times to list.",
)
@click.option("--after", type=Instant(), help="Fire times after this instant, instead of now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def command(count: int, after: datetime | None, as_json: bool) -> None:
    """List schedules in words with their next --next fire times, in UTC and in local time."""
    from alur.project.project import Project

    project = Project.load()
    start = after or datetime.now(timezone.utc)
    if as_json:
        echo_json([_as_data(declared, start, count) for declared in project.schedules])
        return
    if not project.schedules:
        echo("No schedules. Add one with @schedule above @pipeline.")
    for number, declared in enumerate(project.schedules):
        if number:
            echo()
        for line in _lines(project, declared, start, count):
            echo(line)


def _lines(project: Project, declared: DeclaredSchedule, start: datetime, count: int) -> list[str]:
    pipeline, _, schedule = declared
    state = style("on", "green") if schedule.enabled else style("off", "yellow")
    lines = [f"{style(pipeline.name, 'bold')}: {schedule.expression.text} ({state})"]
    if schedule.description:
        lines.append(f"  {schedule.description}")
    lines.append(f"  Fires {schedule.expression.describe()}")
    if schedule.expression.kind == "rate":
        lines.append("  Here it counts from 1970-01-01; AWS counts from the rule's creation")
    starts = project.graph.order(project.graph.scoped(pipeline.name, schedule.scope))
    lines.append(f"  Starts {', '.join(starts)} (scope: {schedule.scope})")
    for instant in schedule.expression.next(start, count) if count else []:
        local = instant.astimezone()
        lines.append(f"  {instant:%Y-%m-%d %H:%M} UTC   {local:%a %Y-%m-%d %H:%M %Z}")
    return lines


def _as_data(declared: DeclaredSchedule, start: datetime, count: int) -> dict[str, Any]:
    pipeline, _, schedule = declared
    expression = schedule.expression
    return {
        "pipeline": pipeline.name,
        "expression": expression.text,
        "canonical": expression.canonical,
        "words": expression.describe(),
        "description": schedule.description,
        "enabled": schedule.enabled,
        "scope": schedule.scope,
        "next": [i.isoformat() for i in expression.next(start, count)] if count else [],
    }
