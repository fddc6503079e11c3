"""The text of pipelines that run as Glue jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import CROSS, ERROR, OK, TICK
from alur.operations import events
from alur.text import counted

if TYPE_CHECKING:
    from alur.aws.jobs import JobRun
    from alur.runtime.fused_runs import PipelineOutcome


@show.register
def _(event: events.JobStarting, to: Printer) -> None:
    if event.position > 1:
        to.line()
    to.line(f"Starting Glue job: {event.job}")
    if len(event.pipelines) > 1:
        to.line(f"  Pipelines: {', '.join(event.pipelines)}")


@show.register
def _(event: events.JobStarted, to: Printer) -> None:
    to.line(f"  {TICK} Job started successfully")
    to.line(f"  Job Run ID: {event.run_id}")
    if event.awaited:
        to.line("\nWaiting for job to complete...")


@show.register
def _(event: events.JobState, to: Printer) -> None:
    to.line(f"  Status: {event.run.state}{'' if event.run.ended else '...'}")


@show.register
def _(event: events.JobEnded, to: Printer) -> None:
    run = event.run
    to.line(f"  {_figures(run)}")
    for outcome in event.outcomes:
        _show_outcome(outcome, to)
    several = len(event.outcomes) > 1
    if run.state == "SUCCEEDED":
        title = (
            f"All {len(event.outcomes)} pipelines" if several else f"Pipeline {event.pipeline!r}"
        )
        to.line(f"\n{OK} {title} completed successfully!")
        return
    message = f": {run.message}" if run.message else ""
    title = f"Job {run.job}" if several else f"Pipeline {event.pipeline!r}"
    to.problem(f"\n{ERROR} {title} ended as {run.state}{message}")
    to.problem(f"  fix: see why with alur logs {run.run_id} --env {event.environment}")
    if several:
        again = f"alur run --retry {run.run_id} --env {event.environment}"
        to.problem(f"  then run what has failed or was skipped: {again}")
    if event.retries:
        again = f"alur status --env {event.environment}"
        to.problem(f"  Glue retries the job; {again} shows the result")


@show.register
def _(event: events.JobRefused, to: Printer) -> None:
    to.failure(event.error)


@show.register
def _(event: events.JobLeft, to: Printer) -> None:
    to.problem("Stopped waiting; the job continues. To see how it ends:")
    to.problem(f"  alur logs {event.run_id} --env {event.environment} --tail")


@show.register
def _(event: events.JobStopping, to: Printer) -> None:
    to.problem("Stopping the job...")


@show.register
def _(event: events.Skipped, to: Printer) -> None:
    to.line(f"\n- {event.pipeline} skipped: {event.reason}")


@show.register
def _(event: events.PipelinesNotStarted, to: Printer) -> None:
    to.problem(f"Not started: {', '.join(event.pipelines)}")


@show.register
def _(event: events.RunEnded, to: Printer) -> None:
    if event.completed + event.failed + event.skipped == 1:
        return
    if event.failed:
        counts = f"{event.failed} failed, {event.skipped} skipped, {event.completed} completed"
        to.problem(f"\n{ERROR} {counts}")
    else:
        to.line(f"\n{OK} {counted(event.completed, 'pipeline')} completed")


def _show_outcome(outcome: PipelineOutcome, to: Printer) -> None:
    seconds = (outcome.ended - outcome.started).total_seconds()
    match outcome.state:
        case "SUCCEEDED":
            to.line(f"  {TICK} {outcome.pipeline} in {seconds:.1f} s")
        case "FAILED":
            to.problem(f"  {CROSS} {outcome.pipeline} failed: {outcome.message}")
        case "SKIPPED":
            to.line(f"  - {outcome.pipeline} skipped: {outcome.message}")


def _figures(run: JobRun) -> str:
    """Return a run's duration and, once Glue reports it, its cost."""
    from alur.aws.jobs import PRICED_REGION

    minutes, seconds = divmod(run.seconds, 60)
    duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    if run.dpu_hours is None or run.cost is None:
        return f"Duration: {duration}"
    cost = f"about ${run.cost:.2f} at the price of {PRICED_REGION}"
    return f"Duration: {duration}; {run.dpu_hours:.3f} DPU-hours, {cost}"
