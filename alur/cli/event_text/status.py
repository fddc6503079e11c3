"""The text of what is deployed, beside what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import ERROR, OK, style
from alur.operations.results import Status
from alur.text import age

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.deployment.comparison import ObjectStatus

_MARKS = {"in step": "✓", "changed": "~", "missing": "✗", "foreign": "?"}
_COLOURS = {"in step": "green", "changed": "yellow", "missing": "red", "foreign": "yellow"}


@show.register
def _(result: Status, to: Printer) -> None:
    findings = result.findings
    _part("STORAGE", (f for f in findings if f.kind in ("bucket", "database", "code")), {}, to)
    runs = {name: _run_line(run) for name, run in result.last_runs.items()}
    _part("JOBS", (f for f in findings if f.kind == "job"), runs, to)
    rules = {name: _rule_line(*rule) for name, rule in result.schedules.items()}
    _part("SCHEDULES", (f for f in findings if f.kind == "schedule"), rules, to)
    counts = {state: sum(f.state == state for f in findings) for state in _MARKS}
    summary = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    to.line()
    if result.in_step:
        to.line(f"{OK} Deployed as declared ({summary})")
    else:
        to.line(f"{ERROR} {summary}\n  fix: alur deploy --env {result.environment}")


def _part(
    title: str, findings: Iterable[ObjectStatus], details: Mapping[str, str], to: Printer
) -> None:
    """Print the findings of one kind, each with a line of details if it has one."""
    to.line(f"\n{style(title, 'bold')}")
    lines = []
    for finding in findings:
        mark = style(_MARKS[finding.state], _COLOURS[finding.state])
        state = "" if finding.state == "in step" else f": {finding.state}"
        differences = f" ({'; '.join(finding.differences)})" if finding.differences else ""
        lines.append(f"  {mark} {finding.name}{state}{differences}")
        if len(finding.pipelines) > 1:
            lines.append(f"      {', '.join(finding.pipelines)}")
        if finding.name in details:
            lines.append(f"      {details[finding.name]}")
    to.line("\n".join(lines or ["  none"]))


def _run_line(run: JobRun) -> str:
    message = f": {run.message}" if run.message else ""
    return f"last run {run.state}, {age(run.started)} ago, {run.run_id}{message}"


def _rule_line(expression: str, enabled: bool) -> str:
    from alur.errors import ScheduleError
    from alur.scheduling.expression import AwsSchedule

    if not enabled:
        return f"off: {expression}"
    try:
        schedule = AwsSchedule(expression)
    except ScheduleError:
        # Somebody changed the expression by hand, and Alur cannot read it.
        return f"on: {expression}"
    if schedule.kind == "rate":
        return f"on: {expression}, counted from the rule's creation"
    following = schedule.next(datetime.now(timezone.utc), 1)
    times = "".join(f", next {instant:%Y-%m-%d %H:%M} UTC" for instant in following)
    return f"on: {expression}{times}"
