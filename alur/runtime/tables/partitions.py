"""Computes partitions of rows in the engine, by Iceberg's transforms
(https://iceberg.apache.org/spec/#partition-transforms)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from alur.contracts.columns import ColumnType, DecimalType
from alur.contracts.contract import Contract
from alur.contracts.partitioning import PartitionField

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

_MASK = 0xFFFFFFFF


def rows_in_other_partitions(rows: DataFrame, others: DataFrame, contract: Contract) -> DataFrame:
    """Return the rows in partitions without any of the other rows."""
    parts = contract.partition_by
    values = [partition_value(part, contract) for part in parts]
    touched = others.select(*_named(values, "touched")).distinct()
    marked = rows.select("*", *_named(values, "own"))
    same = F.lit(True)
    for number in range(len(parts)):
        same = same & F.col(f"__alur_own_{number}").eqNullSafe(F.col(f"__alur_touched_{number}"))
    return marked.join(touched, same, "left_anti").select(*rows.columns)


def _named(values: Sequence[SparkColumn], kind: str) -> list[SparkColumn]:
    return [value.alias(f"__alur_{kind}_{number}") for number, value in enumerate(values)]


def partition_value(part: PartitionField, contract: Contract) -> SparkColumn:
    """Return a value that is the same exactly for rows of one partition; null where the column is."""
    column = F.col(f"`{part.column}`")
    declared = contract.column(part.column)
    assert declared is not None, "a contract is partitioned by columns of its own"
    match part.transform:
        case "identity":
            return column
        case "bucket":
            # PySpark has no such function, and not every engine has Iceberg's own.
            hashed = F.udf(bucket_of, T.IntegerType())
            return hashed(_hashable(column, declared.type), F.lit(part.width))
        case "truncate":
            return _truncated(column, declared.type, part.width or 1)
        case unit:
            return F.date_trunc(unit.removesuffix("s"), column.cast("timestamp"))


def without_partition(contract: Contract) -> dict[PartitionField, SparkColumn]:
    """Return conditions for rows without a partition, by partition field; only truncated decimals have any.

    The value of a partition is the beginning of its step. Iceberg cannot record one with more digits than the column.
    """
    conditions = {}
    for part in contract.partition_by:
        declared = contract.column(part.column)
        assert declared is not None, "a contract is partitioned by columns of its own"
        if part.transform == "truncate" and isinstance(declared.type, DecimalType):
            width = part.width or 1
            steps = (10**declared.type.precision - 1) // width
            least = Decimal(f"{-steps * width}E-{declared.type.scale}")
            conditions[part] = F.col(f"`{part.column}`") < F.lit(least)
    return conditions


def _hashable(column: SparkColumn, type_: ColumnType) -> SparkColumn:
    """Return the value to hash, by Iceberg's rules: dates and times as numbers since 1970."""
    match str(type_):
        case "timestamp":
            return F.unix_micros(column)
        case "date":
            return F.unix_date(column)
        case _:
            return column


def _truncated(column: SparkColumn, type_: ColumnType, width: int) -> SparkColumn:
    if str(type_) == "string":
        return F.substring(column, 1, width)
    scale = type_.scale if isinstance(type_, DecimalType) else 0
    step = F.lit(Decimal(width).scaleb(-scale))
    # A decimal, since no bigint may be a multiple of the width below the least bigint.
    value = column.cast(T.DecimalType(38, scale))
    return value - F.pmod(value, step.cast(T.DecimalType(38, scale)))


def bucket_of(value: Any, count: int) -> int | None:
    """Return Iceberg's bucket of a value: the Murmur3 hash of its bytes, without its sign, by the number of buckets.

    (https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements)

    >>> bucket_of("iceberg", 1_000), bucket_of(34, 1_000)
    (89, 379)
    """
    if value is None:
        return None
    return (_murmur3(_bytes_of(value)) & 0x7FFFFFFF) % count


def _bytes_of(value: Any) -> bytes:
    match value:
        case str():
            return value.encode()
        case bytes() | bytearray():
            return bytes(value)
        case Decimal():
            sign, digits, _ = value.as_tuple()
            unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
            return unscaled.to_bytes(_signed_length(unscaled), "big", signed=True)
        case _:
            return int(value).to_bytes(8, "little", signed=True)


def _signed_length(number: int) -> int:
    """Return the fewest bytes of a number in two's complement."""
    return (number if number >= 0 else ~number).bit_length() // 8 + 1


def _murmur3(data: bytes) -> int:
    """Return the 32-bit Murmur3 hash with seed 0."""
    hashed = 0
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        hashed ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        hashed = (_rotated(hashed, 13) * 5 + 0xE6546B64) & _MASK
    if data[whole:]:
        hashed ^= _mixed(int.from_bytes(data[whole:], "little"))
    hashed ^= len(data)
    hashed = ((hashed ^ (hashed >> 16)) * 0x85EBCA6B) & _MASK
    hashed = ((hashed ^ (hashed >> 13)) * 0xC2B2AE35) & _MASK
    return hashed ^ (hashed >> 16)


def _mixed(block: int) -> int:
    return _rotated((block * 0xCC9E2D51) & _MASK, 15) * 0x1B873593 & _MASK


def _rotated(number: int, bits: int) -> int:
    return ((number << bits) | (number >> (32 - bits))) & _MASK
