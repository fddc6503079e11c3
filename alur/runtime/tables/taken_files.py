"""Finds out when landing files were taken: the table itself, its rows and their bounds, is the only record."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import INGESTED_AT, SOURCE_FILE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MOST_LISTED = 200
"""Iceberg compares no longer list with the bounds of data files."""


@dataclass(frozen=True, slots=True)
class FileBounds:
    """The bounds of a data file's landing files, from its manifest; None where it records none.

    Attributes:
        least, greatest: their names, as UTF-8. A shortened greatest one is above all names.
        latest: when the last of them was taken, in microseconds since 1970.
    """

    least: bytes | None
    greatest: bytes | None
    latest: int | None

    @property
    def sole(self) -> tuple[str, datetime] | None:
        """The one landing file with rows in the data file, and its time; None unless the bounds show just one.

        >>> FileBounds(b"a.csv", b"a.csv", 0).sole
        ('a.csv', datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))
        """
        if self.least is None or self.least != self.greatest or self.latest is None:
            return None
        return self.least.decode(), time_taken(self.latest)

    def may_hold(self, names: Sequence[bytes]) -> bool:
        """Return whether some of the sorted names may be in the data file.

        >>> FileBounds(b"b.csv", b"d.csv", 0).may_hold([b"a.csv", b"e.csv"])
        False
        """
        if self.least is None or self.greatest is None:
            return bool(names)
        place = bisect_left(names, self.least)
        return place < len(names) and names[place] <= self.greatest


def time_taken(microseconds: int) -> datetime:
    """Return a time by its microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(when: datetime) -> int:
    """Return the microseconds of a time since 1970.

    >>> microseconds(time_taken(253402300799999999))
    253402300799999999
    """
    return (when - _EPOCH) // timedelta(microseconds=1)


def taken_files(rows: DataFrame, names: Collection[str]) -> dict[str, datetime]:
    """Return when landing files were taken, for those with rows; the engine searches only where they may be."""
    if not names:
        return {}
    latest = F.unix_micros(F.max(INGESTED_AT))
    found = _rows_from(rows, names).groupBy(SOURCE_FILE).agg(latest).collect()
    return {name: time_taken(micros or 0) for name, micros in found}


def _rows_from(rows: DataFrame, names: Collection[str]) -> DataFrame:
    """Return the rows from some landing files."""
    if len(names) <= _MOST_LISTED:
        return rows.filter(F.col(SOURCE_FILE).isin(*names))
    listed = rows.sparkSession.createDataFrame([(name,) for name in names], f"{SOURCE_FILE} string")
    near = rows.filter(F.col(SOURCE_FILE).between(min(names), max(names)))
    return near.join(listed, SOURCE_FILE, "left_semi")
