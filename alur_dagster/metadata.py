"""Converts the record of a finished pipeline into Dagster's metadata, for the web UI and the command line alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from alur_dagster import markdown

_FILES_SHOWN = 100

Record = Mapping[str, Any]
"""The record of a pipeline's end, from :func:`alur.runtime.records.record_of`."""


def materialization(record: Record) -> dict[str, Any]:
    """Return the metadata of a written table.

    Rows and the snapshot come first, since people look for them.
    """
    commit = record["commit"]
    return {
        "dagster/row_count": commit["total_rows"],
        "rows_written": commit["rows_written"],
        "rows_carried": commit["rows_carried"],
        # The number is too large for a browser's JavaScript.
        "snapshot_id": str(commit["snapshot_id"]),
        "table_path": dg.MetadataValue.path(commit["table_path"]),
        "preview": dg.MetadataValue.md(markdown.table(record["preview"])),
        **reading(record),
    }


def data_version(record: Record) -> str:
    """Return the snapshot's id, by which Dagster detects changes of the table's rows."""
    return str(record["commit"]["snapshot_id"])


def nothing_new(key: dg.AssetKey, record: Record) -> dg.AssetObservation:
    """Return an observation for a run that wrote nothing: without a new snapshot, there is no materialization."""
    text = "Nothing new; the table is unchanged."
    return dg.AssetObservation(key, description=text, metadata=reading(record))


def reading(record: Record) -> dict[str, Any]:
    """Return the metadata of a run, whether or not it wrote."""
    files = [name for names in record["files"].values() for name in names]
    notices = record["notices"]
    return {
        **{f"rows_read/{name}": rows for name, rows in record["rows_read"].items()},
        **({"files_taken": dg.MetadataValue.json(_first(files))} if files else {}),
        **({"notices": dg.MetadataValue.md(markdown.bullets(notices))} if notices else {}),
        **{f"seconds/{step}": round(value, 3) for step, value in record["seconds"].items()},
        "run_id": record["run_id"],
    }


def _first(names: Sequence[str]) -> list[str]:
    """Return the first names, and the number of the others."""
    more = len(names) - _FILES_SHOWN
    return [*names[:_FILES_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]


def check(record: Record) -> dict[str, Any]:
    """Return the metadata of one rule's result."""
    samples = record["samples"]
    shown = {"samples": dg.MetadataValue.md(markdown.block(samples))} if samples else {}
    return {"violations": record["violations"], **shown}


def check_description(record: Record) -> str:
    """Return one rule's result in words: the rule, and the rows that break it, if any."""
    rule = markdown.escape(record["description"])
    if not record["violations"]:
        return rule
    rows = (
        f"{record['violations']:,} {'row breaks' if record['violations'] == 1 else 'rows break'} it"
    )
    if not record["samples"]:
        return f"{rule}: {rows}"
    return f"{rule}: {rows}, for example\n\n{markdown.block(record['samples'])}"


def severity(record: Record) -> dg.AssetCheckSeverity:
    """Return WARN for a rule that lets rows pass, ERROR for one that stops the write."""
    return dg.AssetCheckSeverity.WARN if record["warns"] else dg.AssetCheckSeverity.ERROR
