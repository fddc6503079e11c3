"""``python -m alur_dagster.recorder PROJECT``: writes records from standard input into the project's instance.

The command line starts it along with a run. It imports none of the user's modules: the records are complete.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg

from alur_dagster import metadata
from alur_dagster.ended_runs import RunlessEvent, report_run, shown_as_failed
from alur_dagster.instance import opening, prepare_home
from alur_dagster.metadata import Record

_DATA_VERSION = "dagster/data_version"


def events_of(key: dg.AssetKey, record: Record) -> Iterator[RunlessEvent]:
    """Yield Dagster's events for a pipeline's end: an observation if the pipeline found nothing new."""
    if "error" in record:
        yield from _checks(key, record)
    elif record["commit"] is None:
        # Rules checked against no rows give no information about the table.
        yield metadata.nothing_new(key, record)
    else:
        version = {_DATA_VERSION: metadata.data_version(record)}
        yield dg.AssetMaterialization(key, metadata=metadata.materialization(record), tags=version)
        yield from _checks(key, record)


def _checks(key: dg.AssetKey, record: Record) -> Iterator[dg.AssetCheckEvaluation]:
    for check in record["checks"]:
        yield dg.AssetCheckEvaluation(
            key,
            check["name"],
            passed=check["violations"] == 0,
            metadata=metadata.check(check),
            severity=metadata.severity(check),
            description=metadata.check_description(check),
            blocking=not check["warns"],
        )


def write_down(lines: Iterable[bytes], instance: dg.DagsterInstance) -> None:
    """Report each record as it arrives; print a warning if one cannot be reported, and continue."""
    for line in lines:
        try:
            _report(json.loads(line), instance)
        except Exception as error:  # Dagster and its storage have exceptions of their own
            _warn(f"cannot show a pipeline's end: {error}")


def _report(record: Record, instance: dg.DagsterInstance) -> None:
    key = dg.AssetKey([record["layer"], record["table"]])
    events = list(events_of(key, record))
    if "error" in record or shown_as_failed(instance, key):
        report_run(instance, key, record, events)
    else:
        for event in events:
            instance.report_runless_asset_event(event)


def main() -> None:
    """Record the lines of standard input, to its end; warn of trouble with the instance, as the tables are written."""
    # Ctrl-C must end only the run: events already received are still recorded.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        home = prepare_home(Path(sys.argv[1]))
        os.environ["DAGSTER_HOME"] = str(home)
        with opening(home):
            opened = dg.DagsterInstance.get()
        with opened as instance:
            write_down(sys.stdin.buffer, instance)
    except Exception as error:  # Dagster and its storage have exceptions of their own
        _warn(f"cannot show this run: {error}")


def _warn(what: str) -> None:
    print(f"[WARNING] Dagster's web UI {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
