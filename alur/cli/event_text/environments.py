"""The text of environments that are made and dropped."""

from __future__ import annotations

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import OK
from alur.operations.results import DroppedEnvironment, NewEnvironment
from alur.text import counted


@show.register
def _(event: NewEnvironment, to: Printer) -> None:
    tables = counted(event.tables, "table")
    to.line(f"{OK} Made {event.name} from {event.origin}: {tables}, and no data copied. Try it:\n")
    for line in (
        f"alur run --changed --env {event.name}",
        f"alur diff --all --env {event.name} --against {event.origin}",
        f"alur drop-env {event.name}",
    ):
        to.line(f"    {line}")


@show.register
def _(event: DroppedEnvironment, to: Printer) -> None:
    size = f"{event.bytes / 1_000_000:.1f} MB"
    to.line(f"{OK} Dropped {event.name}, with {size} of its own files")
