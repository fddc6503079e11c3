"""Counts the distinct keys of rows, with memory for a part of the keys at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

_COUNT = "__alur_count"
"""No column of a contract begins with an underscore."""

KEYS_AT_ONCE = 1 << 22
"""The number of keys in memory: Sail holds about 50 bytes for each, and writes none of them to the disk."""


def shares_by_key(rows: DataFrame, key: Sequence[str], count: int | None) -> list[DataFrame]:
    """Return rows in shares with all rows of a key in the same one.

    Args:
        count: the number of rows; None where the engine bounds its memory itself.
    """
    if count is None or count <= KEYS_AT_ONCE:
        return [rows]
    # With a power of two the remainder is never negative.
    number = 1 << (-(-count // KEYS_AT_ONCE) - 1).bit_length()
    share = F.xxhash64(*key).bitwiseAND(number - 1)
    return [rows.filter(share == n) for n in range(number)]


def distinct_keys(shares: Sequence[DataFrame], key: Sequence[str]) -> int:
    """Return the number of distinct keys in shares; a key with a null does not count."""
    counts = (share.agg(F.countDistinct(*key).alias("keys")).collect()[0][0] for share in shares)
    # PySpark Connect returns counts as numpy numbers, which JSON cannot write.
    return sum(int(count) for count in counts)


def repeated_keys(shares: Sequence[DataFrame], key: Sequence[str], limit: int) -> list[Row]:
    """Return keys of several rows, each with the number of its rows."""
    found: list[Row] = []
    for share in shares:
        if len(found) < limit:
            counted = share.groupBy(*key).agg(F.count(F.lit(1)).alias(_COUNT))
            found += counted.filter(F.col(_COUNT) > 1).limit(limit - len(found)).collect()
    return found
