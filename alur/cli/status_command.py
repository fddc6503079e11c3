"""``alur status``: compares what is deployed with what is declared, and shows the last runs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.terminal import ERROR, OK, echo, style, tick

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.deployment.comparison import Deployed, Finding
    from alur.deployment.resources import Deployment

_MARKS = {"in step": "✓", "changed": "~", "missing": "✗", "foreign": "?"}
_COLOURS = {"in step": "green", "changed": "yellow", "missing": "red", "foreign": "yellow"}


@click.command()
@aws_environment_option()
def command(environment: str | None) -> None:
    """Compare what is deployed with what the project declares; exit with 1 if they differ."""
    from alur.aws.deployed import read_deployed
    from alur.aws.jobs import last_runs
    from alur.cli.deployments import connected, prepare
    from alur.deployment.comparison import compare
    from alur.project.project import Project

    project = Project.load()
    chosen = chosen_of_aws(environment, project.settings)
    echo(style("ENVIRONMENT", "bold"))
    target = project.environment(chosen)
    clients = connected(project, target)
    tick(f"Environment {target.name}: {clients.region}")
    prepared, _ = prepare(project, target)
    declared = prepared.deployment
    deployed = read_deployed(clients, declared)
    findings = compare(declared, deployed)
    runs = last_runs(clients, deployed.jobs)
    _part("STORAGE", [f for f in findings if f.kind in ("bucket", "database", "code")], {})
    jobs = [f for f in findings if f.kind == "job"]
    _part("JOBS", jobs, {name: _run_line(run) for name, run in runs.items()})
    schedules = [f for f in findings if f.kind == "schedule"]
    _part("SCHEDULES", schedules, _schedule_lines(deployed))
    _finish(findings, declared)


def _part(title: str, findings: list[Finding], details: dict[str, str]) -> None:
    echo(f"\n{style(title, 'bold')}")
    for finding in findings:
        mark = style(_MARKS[finding.state], _COLOURS[finding.state])
        state = "" if finding.state == "in step" else f": {finding.state}"
        differences = f" ({'; '.join(finding.differences)})" if finding.differences else ""
        echo(f"  {mark} {finding.name}{state}{differences}")
        if finding.name in details:
            echo(f"      {details[finding.name]}")
    if not findings:
        echo("  none")


def _run_line(run: JobRun) -> str:
    message = f": {run.message}" if run.message else ""
    return f"last run {run.state}, {_age(run.started)} ago, {run.run_id}{message}"


def _age(since: datetime) -> str:
    """Return the time since an instant, in its largest unit."""
    minutes = int((datetime.now(timezone.utc) - since).total_seconds()) // 60
    for unit, size in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def _schedule_lines(deployed: Deployed) -> dict[str, str]:
    from alur.errors import ScheduleError
    from alur.scheduling.expression import AwsSchedule

    lines = {}
    for name, rule in deployed.schedules.items():
        if not rule.enabled:
            lines[name] = f"off: {rule.expression}"
            continue
        try:
            schedule = AwsSchedule(rule.expression)
        except ScheduleError:
            # Somebody changed the expression by hand, and Alur cannot read it.
            lines[name] = f"on: {rule.expression}"
            continue
        if schedule.kind == "rate":
            lines[name] = f"on: {rule.expression}, counted from the rule's creation"
        else:
            following = schedule.next(datetime.now(timezone.utc), 1)
            times = "".join(f", next {instant:%Y-%m-%d %H:%M} UTC" for instant in following)
            lines[name] = f"on: {rule.expression}{times}"
    return lines


def _finish(findings: list[Finding], declared: Deployment) -> None:
    counts = {state: sum(f.state == state for f in findings) for state in _MARKS}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    echo()
    if counts["in step"] == len(findings):
        echo(f"{OK} Deployed as declared ({told})")
        return
    echo(f"{ERROR} {told}")
    echo(f"  fix: alur deploy --env {declared.environment}")
    raise click.exceptions.Exit(1)
