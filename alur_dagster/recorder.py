"""``python -m alur_dagster.recorder PROJECT``: writes records from standard input into the project's instance.

The command line starts it beside a run. It loads none of the user's modules: a record says all there is to say.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import dagster as dg

from alur_dagster import metadata
from alur_dagster.instance import prepare_home
from alur_dagster.metadata import Record

RunlessEvent = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


def events_of(record: Record) -> Iterator[RunlessEvent]:
    """A pipeline's end as Dagster's events; one that wrote nothing is an observation."""
    key = dg.AssetKey([record["layer"], record["table"]])
    if "error" in record:
        yield dg.AssetObservation(key, description=record["error"])
    elif record["commit"] is None:
        nothing = "Nothing new; the table stays as it is."
        yield dg.AssetObservation(key, description=nothing, metadata=metadata.reading(record))
    else:
        yield dg.AssetMaterialization(key, metadata=metadata.materialization(record))
    for check in record["checks"]:
        yield dg.AssetCheckEvaluation(
            key,
            check["name"],
            passed=check["violations"] == 0,
            metadata=metadata.check(check),
            severity=metadata.severity(check),
            description=check["description"],
        )


def write_down(lines: Iterable[str], instance: dg.DagsterInstance) -> None:
    """Reports each record as it comes."""
    for line in lines:
        for event in events_of(json.loads(line)):
            instance.report_runless_asset_event(event)


def main() -> None:
    """Reads to the end of standard input. The tables are what counts: trouble with the instance is only told."""
    try:
        os.environ["DAGSTER_HOME"] = str(prepare_home(Path(sys.argv[1])))
        with dg.DagsterInstance.get() as instance:
            write_down(sys.stdin, instance)
    except Exception as error:  # Dagster and its storage have exceptions of their own
        sys.exit(f"[WARNING] Dagster's web UI will not know of this run: {error}")


if __name__ == "__main__":
    main()
