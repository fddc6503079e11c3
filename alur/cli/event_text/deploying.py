"""The text of deployments and destructions."""

from __future__ import annotations

from dataclasses import replace

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.plan_forms import infrastructure_lines, section_lines
from alur.cli.terminal import NOTE, OK, TICK
from alur.operations import events
from alur.text import counted


@show.register
def _(event: events.StageBegun, to: Printer) -> None:
    to.line(f"[{event.number}/{event.total}] {event.title}...")


@show.register
def _(event: events.StageEnded, to: Printer) -> None:
    to.line(f"  {TICK} {event.seconds:.1f} s")


@show.register
def _(event: events.ProjectLoaded, to: Printer) -> None:
    pipelines, schedules = (
        counted(event.pipelines, "pipeline"),
        counted(event.schedules, "schedule"),
    )
    to.line(f"  {TICK} Project {event.project}: {pipelines}, {schedules}")
    if event.unscheduled:
        to.line(f"  {NOTE} No schedule starts {', '.join(event.unscheduled)}")


@show.register
def _(event: events.Connected, to: Printer) -> None:
    to.line(f"  {TICK} Environment {event.environment}: {event.region}")


@show.register
def _(event: events.Packaged, to: Printer) -> None:
    to.line(f"  {TICK} {event.file} ({event.bytes / 1_000_000:.1f} MB)")
    if event.left_out:
        to.line(f"  Glue's own: {', '.join(event.left_out)}")
    for notice in event.notices:
        to.line(f"  {NOTE} {notice}")


@show.register
def _(event: events.FileGenerated, to: Printer) -> None:
    to.line(f"  Generated: {event.name}")


@show.register
def _(event: events.Planned, to: Printer) -> None:
    if not event.plan.changes:
        to.line("  No changes: everything is deployed as the project declares it")
    else:
        for line in infrastructure_lines(event.plan):
            to.line(f"  {line}")


@show.register
def _(event: events.ChangesPlanned, to: Printer) -> None:
    # Terraform's changes stand above already.
    for line in section_lines(replace(event.plan, infrastructure=None)):
        to.line(f"  {line}" if line else "")
    to.line()


@show.register
def _(event: events.NotApplied, to: Printer) -> None:
    because = " (--plan-only)" if event.because == "plan only" else ""
    to.line(f"  Nothing was applied{because}")


@show.register
def _(event: events.ResourceEnded, to: Printer) -> None:
    if event.change:
        to.line(f"  {TICK} {event.address} {event.change}")


@show.register
def _(event: events.Applied, to: Printer) -> None:
    to.line(
        f"  Apply complete! Resources: {event.created} added, {event.changed} changed, "
        f"{event.destroyed} destroyed."
    )


@show.register
def _(event: events.Uploaded, to: Printer) -> None:
    to.line(f"  {TICK} {event.code}")
    jobs, schedules = counted(event.jobs, "job"), counted(event.schedules, "schedule")
    to.line(f"  {TICK} {jobs} and {schedules} as declared")


@show.register
def _(event: events.LandingMirrored, to: Printer) -> None:
    to.line(f"  {TICK} {counted(event.files, 'landing file')}")


@show.register
def _(event: events.SandboxDeployed, to: Printer) -> None:
    files = counted(event.landing_files, "landing file")
    to.line(f"  {counted(event.resources, 'resource')}, {files}")


@show.register
def _(event: events.Deployed, to: Printer) -> None:
    to.line("[6/6] Deployment complete!")
    to.line(f"  Run a pipeline:  alur run <pipeline> --env {event.environment}")
    to.line(f"  Look at it all:  alur status --env {event.environment}")


@show.register
def _(event: events.DestructionDeclined, to: Printer) -> None:
    to.line("Nothing was destroyed")


@show.register
def _(event: events.BucketEmptied, to: Printer) -> None:
    versions = f" ({counted(event.versions, 'version')})" if event.versions else ""
    to.line(f"  {TICK} Emptied {event.bucket}{versions}")


@show.register
def _(event: events.TerraformDestroyed, to: Printer) -> None:
    to.line(f"  Destroy complete! Resources: {event.resources} destroyed.")


@show.register
def _(event: events.Destroyed, to: Printer) -> None:
    if event.state:
        to.line(f"  Left: {event.state}, Terraform's empty state")
    to.line(f"\n{OK} Infrastructure destroyed successfully!")
