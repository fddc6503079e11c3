"""The text of environments that are made and dropped."""

from __future__ import annotations

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import OK, TICK
from alur.deployment.clones import NEEDED_TO_MAKE, ClonePlan
from alur.operations.results import DroppedEnvironment, NewEnvironment, Published
from alur.text import counted


@show.register
def _(event: NewEnvironment, to: Printer) -> None:
    tables = counted(event.tables, "table")
    to.line(f"{OK} Made {event.name} from {event.origin}: {tables}, and no data copied. Try it:\n")
    end = f"alur drop-env {event.name}"
    for line in (
        f"alur run --changed --env {event.name}",
        f"alur diff --all --env {event.name} --against {event.origin}",
        f"alur publish {event.name}     (or {end})" if event.can_be_published else end,
    ):
        to.line(f"    {line}")


@show.register
def _(event: ClonePlan, to: Printer) -> None:
    to.line(f"Plan of {event.name} from {event.origin}: nothing is written\n\nDatabases")
    for database, location in event.databases.items():
        to.line(f"  + {database}\n      {location}")
    to.line("\nTables: each gets metadata of its own, which name the files of the other's snapshot")
    for table in event.tables:
        to.line(f"  + {table.database}.{table.name}: {counted(table.rows, 'row')}")
        to.line(f"      snapshot {table.snapshot} of {table.origin}.{table.name}")
    if not event.tables:
        to.line("  none")
    to.line(
        f"\nTags: {event.tag} in each of the other's tables, so that no expiry deletes the files"
    )
    to.line(f"\nPermissions: the policy {event.policy} (--json shows it) for")
    to.line("\n".join(f"  + the role {role}" for role in event.roles))
    to.line("\nWhoever makes it needs these permissions:")
    to.line("\n".join(f"  {action}" for action in NEEDED_TO_MAKE))
    to.line()


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
