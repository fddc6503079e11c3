"""Finds out from a table's rows when landing files were taken: the table itself is the only record."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import INGESTED_AT, SOURCE_FILE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def time_taken(microseconds: int) -> datetime:
    """Return a time by its microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def taken_files(rows: DataFrame) -> dict[str, datetime]:
    """Return when each landing file of rows was taken, computed by the engine."""
    latest = F.unix_micros(F.max(INGESTED_AT))
    found = rows.groupBy(SOURCE_FILE).agg(latest).collect()
    return {name: time_taken(micros or 0) for name, micros in found}
