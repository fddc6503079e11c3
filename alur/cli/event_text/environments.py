"""The text of environments that are made and dropped."""

from __future__ import annotations

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import OK, TICK
from alur.operations.results import DroppedEnvironment, NewEnvironment, Published
from alur.text import counted


@show.register
def _(event: NewEnvironment, to: Printer) -> None:
    tables = counted(event.tables, "table")
    to.line(f"{OK} Made {event.name} from {event.origin}: {tables}, and no data copied. Try it:\n")
    for line in (
        f"alur run --changed --env {event.name}",
        f"alur diff --all --env {event.name} --against {event.origin}",
        f"alur publish {event.name}     (or alur drop-env {event.name})",
    ):
        to.line(f"    {line}")


@show.register
def _(event: Published, to: Printer) -> None:
    for table in event.tables:
        rows = f"{table.rows_before:,} → {counted(table.rows_after, 'row')}"
        to.line(f"  {TICK} {table.table}: {rows}")
    tables = counted(len(event.tables), "table")
    to.line(f"{OK} Published {tables} of {event.name} to {event.origin}, and dropped {event.name}")


@show.register
def _(event: DroppedEnvironment, to: Printer) -> None:
    size = f"{event.bytes / 1_000_000:.1f} MB"
    to.line(f"{OK} Dropped {event.name}, with {size} of its own files")
