"""Partition transforms, by Iceberg's names and rules (https://iceberg.apache.org/spec/#partition-transforms).

>>> str(days("created_at")), str(bucket(16, "customer_id"))
('days(created_at)', 'bucket(16, customer_id)')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alur.contracts.columns import ColumnType, DecimalType, PrimitiveType

TransformName = Literal["identity", "years", "months", "days", "hours", "bucket", "truncate"]

_DATES = frozenset({"date", "timestamp"})
_SOURCES: dict[TransformName, frozenset[str]] = {
    "identity": frozenset({"string", "bigint", "int", "boolean", "date", "timestamp", "decimal"}),
    "years": _DATES,
    "months": _DATES,
    "days": _DATES,
    "hours": frozenset({"timestamp"}),
    "bucket": frozenset({"string", "bigint", "int", "binary", "date", "timestamp", "decimal"}),
    "truncate": frozenset({"string", "bigint", "int", "decimal"}),
}


@dataclass(frozen=True, slots=True)
class PartitionField:
    """A partition field: rows with the same value of ``transform(column)`` are stored together.

    Attributes:
        width: the number of buckets, or the width to truncate to; None for the other transforms.
    """

    transform: TransformName
    column: str
    width: int | None = None

    def __str__(self) -> str:
        if self.transform == "identity":
            return self.column
        inner = self.column if self.width is None else f"{self.width}, {self.column}"
        return f"{self.transform}({inner})"

    @property
    def name(self) -> str:
        """The partition field's own name, by the convention of Iceberg's engines.

        >>> days("created_at").name, bucket(16, "customer_id").name
        ('created_at_day', 'customer_id_bucket')
        """
        if self.transform == "identity":
            return self.column
        return f"{self.column}_{self.transform.removesuffix('s')}"

    @property
    def allowed_types(self) -> frozenset[str]:
        """The names of the column types accepted by the transform."""
        return _SOURCES[self.transform]

    def accepts(self, type_: ColumnType) -> bool:
        """Return whether the transform accepts a column of a type."""
        if isinstance(type_, DecimalType):
            return "decimal" in self.allowed_types
        return isinstance(type_, PrimitiveType) and type_.name in self.allowed_types


def years(column: str) -> PartitionField:
    """Partition by the year of a date or timestamp column."""
    return PartitionField("years", column)


def months(column: str) -> PartitionField:
    """Partition by the month of a date or timestamp column."""
    return PartitionField("months", column)


def days(column: str) -> PartitionField:
    """Partition by the day of a date or timestamp column."""
    return PartitionField("days", column)


def hours(column: str) -> PartitionField:
    """Partition by the hour of a timestamp column."""
    return PartitionField("hours", column)


def bucket(n: int, column: str) -> PartitionField:
    """Partition by the hash of a column, into ``n`` buckets; ``n`` is at least 1."""
    return PartitionField("bucket", column, n)


def truncate(width: int, column: str) -> PartitionField:
    """Partition by the first ``width`` characters of a string, or by steps of ``width`` of a number."""
    return PartitionField("truncate", column, width)
