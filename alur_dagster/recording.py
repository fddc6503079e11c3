"""Records what runs of the command line have put into the spool, in the order of its ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import dagster as dg
from filelock import FileLock, Timeout

from alur_dagster.ended_runs import EndedRun
from alur_dagster.reporting import report
from alur_dagster.spool import Entry, Spool

_INTERVAL = 1.0
"""Seconds between two looks at the spool."""


def record_waiting(
    instance: dg.DagsterInstance, spool: Spool, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Record the waiting ends, unless another process does; return their number.

    A process killed at any moment leaves an end in the spool, in the instance, or in both. The next call completes it.

    Args:
        stopped: asked before each end; the others then stay in the spool.

    Raises:
        Exception: the instance's storage fails; what it does not have stays in the spool.
    """
    if not spool.waiting():
        return 0
    try:
        with FileLock(spool.folder / ".lock", timeout=0):
            return _record_all(instance, spool, stopped)
    except Timeout:
        return 0


def _record_all(instance: dg.DagsterInstance, spool: Spool, stopped: Callable[[], bool]) -> int:
    count = 0
    for entry in spool.waiting():
        if stopped():
            break
        ended = _read(entry)
        if ended is not None:
            report(instance, ended)
            entry.remove()
            count += 1
    return count


def _read(entry: Entry) -> EndedRun | None:
    """Return an entry's content; if it cannot be read, warn, and set it aside, as it would stop all others."""
    try:
        return EndedRun.of(entry.record(), entry.id, entry.ended_at)
    except (ValueError, LookupError, TypeError, AttributeError, dg.DagsterError) as error:
        _warn(f"cannot show a pipeline's end: {entry.set_aside()} is damaged: {error!r}")
        return None


@contextmanager
def recording(instance: dg.DagsterInstance, spool: Spool) -> Iterator[None]:
    """Record waiting ends at once, and others as they come, until the block ends."""
    ended = Event()
    thread = Thread(target=_keep_recording, args=(instance, spool, ended), name="recording")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_recording(instance: dg.DagsterInstance, spool: Spool, ended: Event) -> None:
    failing = False
    while True:
        try:
            record_waiting(instance, spool, ended.is_set)
            failing = False
        except Exception as error:  # Dagster and its storage have exceptions of their own
            if not failing:
                _warn(f"cannot show runs of the command line, and tries again: {error}")
            failing = True
        if ended.wait(_INTERVAL):
            return


def _warn(what: str) -> None:
    print(f"[WARNING] Dagster's web UI {what}", file=sys.stderr)
