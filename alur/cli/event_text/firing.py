"""The text of rules that fire in the sandbox, and of the jobs that they start."""

from __future__ import annotations

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import CROSS, ERROR, OK, TICK
from alur.operations import events
from alur.operations.results import Firing
from alur.text import counted


@show.register
def _(event: events.RuleOff, to: Printer) -> None:
    to.line(f"{event.rule} is disabled, and does not fire (--even-if-disabled fires it)")


@show.register
def _(event: events.RuleFired, to: Printer) -> None:
    to.line(f"{event.instant:%Y-%m-%d %H:%M} UTC  {event.rule} fires: {event.expression}")


@show.register
def _(event: events.EventNotDelivered, to: Printer) -> None:
    to.problem(f"  {CROSS} not delivered: {event.error}")


@show.register
def _(event: events.NothingDue, to: Printer) -> None:
    to.line(f"Nothing is due from {event.begin:%Y-%m-%d %H:%M} to {event.end:%Y-%m-%d %H:%M} UTC")


@show.register
def _(event: events.WorkflowJobEnded, to: Printer) -> None:
    mark = TICK if event.state == "SUCCEEDED" else CROSS
    text = f"  {mark} {event.pipeline} {event.state} in {event.seconds:.1f} s"
    if event.state != "SUCCEEDED":
        text += f": {event.message}\n      alur logs {event.run_id} --env sandbox"
    to.line(text)


@show.register
def _(event: events.WorkflowEnded, to: Printer) -> None:
    if event.message:
        to.problem(f"  {CROSS} {event.message}")
    for name in event.not_started:
        to.line(f"  - {name} did not start")
    to.line()


@show.register
def _(result: Firing, to: Printer) -> None:
    rules, instants = counted(result.rules, "rule"), counted(result.instants, "instant")
    if result.succeeded:
        to.line(f"{OK} {rules} fired at {instants}")
    else:
        to.line(f"{ERROR} {rules} fired at {instants}, and not all jobs succeeded")
