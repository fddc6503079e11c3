"""The end of a pipeline run by the command line, as Dagster's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from alur_dagster import metadata
from alur_dagster.metadata import Record

_DATA_VERSION = "dagster/data_version"

TableEvent = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A pipeline's end.

    Attributes:
        id: a UUID.
        ended_at: seconds since 1970.
        events: in order; those of a success have its ``run_id`` in their metadata, and there is at least one.
    """

    id: str
    ended_at: float
    pipeline: str
    key: dg.AssetKey
    error: str | None
    events: tuple[TableEvent, ...]

    @classmethod
    def of(cls, record: Record, id: str, ended_at: float) -> EndedRun:
        """Return the end that a record describes.

        Raises:
            KeyError, TypeError: the record is incomplete.
        """
        key = dg.AssetKey([record["layer"], record["table"]])
        events = tuple(_events(key, record))
        return cls(id, ended_at, record["pipeline"], key, record.get("error"), events)


def _events(key: dg.AssetKey, record: Record) -> Iterator[TableEvent]:
    if "error" in record:
        yield from _checks(key, record, {})
    elif record["commit"] is None:
        # Rules checked against no rows give no information about the table.
        yield metadata.nothing_new(key, record)
    else:
        version = {_DATA_VERSION: metadata.data_version(record)}
        yield dg.AssetMaterialization(key, metadata=metadata.materialization(record), tags=version)
        yield from _checks(key, record, {"run_id": record["run_id"]})


def _checks(
    key: dg.AssetKey, record: Record, more: Mapping[str, Any]
) -> Iterator[dg.AssetCheckEvaluation]:
    for check in record["checks"]:
        yield dg.AssetCheckEvaluation(
            key,
            check["name"],
            passed=check["violations"] == 0,
            metadata={**metadata.check(check), **more},
            severity=metadata.severity(check),
            description=metadata.check_description(check),
            blocking=not check["warns"],
        )
