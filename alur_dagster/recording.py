"""Records what runs of the command line have put into the spool, in the order of its ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from threading import Thread

import dagster as dg
from dagster._core.definitions.definitions_load_context import (
    DefinitionsLoadContext,
    DefinitionsLoadType,
)
from filelock import FileLock, Timeout

from alur_dagster.ended_runs import EndedRun
from alur_dagster.instance import locate_home, opening
from alur_dagster.reporting import report
from alur_dagster.spool import Entry, Spool

_INTERVAL = 1.0
"""Seconds between two looks at the spool."""

THREAD = "alur-recording"


def record_in_code_server(root: Path) -> None:
    """Start a thread that records runs of the command line, if this process is a code server of Dagster.

    Processes of runs, tests and notebooks start none. Neither does a code server without ``DAGSTER_HOME``: its instance
    is temporary, and what it recorded would be lost.
    """
    if not os.environ.get("DAGSTER_HOME") or not DefinitionsLoadContext.is_set():
        return
    if DefinitionsLoadContext.get().load_type is DefinitionsLoadType.INITIALIZATION:
        home = locate_home(root)
        # The code server ends without it; what it leaves half-done, the next one completes.
        Thread(target=_keep_recording, args=(home,), name=THREAD, daemon=True).start()


def _keep_recording(home: Path) -> None:
    spool = Spool(home)
    failing = False
    while True:
        try:
            if spool.waiting():
                with opening(home):
                    opened = dg.DagsterInstance.get()
                with opened as instance:
                    record_waiting(instance, spool)
            failing = False
        except Exception as error:  # Dagster and its storage have exceptions of their own
            if not failing:
                _warn(f"cannot show runs of the command line yet: {error}")
            failing = True
        time.sleep(_INTERVAL)


def record_waiting(instance: dg.DagsterInstance, spool: Spool) -> int:
    """Record the waiting ends, unless another process does; return their number.

    A process killed at any moment leaves an end in the spool, in the instance, or in both. The next call completes it.

    Raises:
        Exception: the instance's storage fails; what it does not have stays in the spool.
    """
    if not spool.waiting():
        return 0
    try:
        with FileLock(spool.folder / ".lock", timeout=0):
            return sum(_record(instance, entry) for entry in spool.waiting())
    except Timeout:
        return 0


def _record(instance: dg.DagsterInstance, entry: Entry) -> bool:
    """Record an end; if it cannot be read, warn, and set it aside, as it would keep back all others."""
    try:
        ended = EndedRun.of(entry.record(), entry.id, entry.ended_at)
    except (ValueError, LookupError, TypeError, AttributeError, dg.DagsterError) as error:
        _warn(f"cannot show a pipeline's end: {entry.set_aside()} is damaged: {error!r}")
        return False
    report(instance, ended)
    entry.remove()
    return True


def _warn(what: str) -> None:
    print(f"[WARNING] Dagster's web UI {what}", file=sys.stderr)
