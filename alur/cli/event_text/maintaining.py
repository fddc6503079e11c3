"""The text of the maintenance of tables."""

from __future__ import annotations

from alur.cli.event_text.dispatch import Printer, show
from alur.cli.terminal import CROSS, TICK
from alur.operations import events
from alur.text import counted


@show.register
def _(event: events.Maintained, to: Printer) -> None:
    files = _change(event.files_before, event.files_after, "data file")
    snapshots = _change(event.snapshots_before, event.snapshots_after, "snapshot")
    to.line(f"  {TICK} {event.table}: {files}, {snapshots}, {_freed(event.bytes_freed)}")


@show.register
def _(event: events.MaintenanceFailed, to: Printer) -> None:
    to.line(f"  {CROSS} {event.table}")
    to.failure(event.error)


def _change(before: int, after: int, noun: str) -> str:
    """Return a number before and after.

    >>> _change(412, 9, "data file"), _change(1, 1, "snapshot")
    ('412 data files → 9', '1 snapshot')
    """
    return counted(before, noun) + (f" → {after:,}" if after != before else "")


def _freed(bytes_freed: int) -> str:
    """Return how much space has become free, or is taken by the new files beside the old ones.

    >>> _freed(12_345_678), _freed(-1_000_000), _freed(0)
    ('12.3 MB freed', '1.0 MB more', '0.0 MB freed')
    """
    size = f"{abs(bytes_freed) / 1_000_000:.1f} MB"
    return f"{size} freed" if bytes_freed >= 0 else f"{size} more"
