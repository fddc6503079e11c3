"""Fingerprints of rows, computed by the engine: the same for the same rows, in any order and in any files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import (
    OF_A_RUN,
    ArrayType,
    Column,
    ColumnType,
    MapType,
    StructType,
)

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

_ALGORITHM = "xxhash64-1"
"""To be changed with everything that gives rows another hash."""

_SEEDS = (1, 2)
_HALF = 32
"""Sums of half a hash do not overflow below 2 billion rows."""

_MODULUS = 1 << 64


def fingerprint(frame: DataFrame, columns: Iterable[Column]) -> str:
    """Return the number of a frame's rows, and the sums of two hashes of 64 bits, as text.

    Columns for a run or its time do not count. All else does, to the last bit: ``-0.0`` is not ``0.0``.
    """
    compared = [column for column in columns if column.name not in OF_A_RUN]
    sums = [F.count(F.lit(1))]
    for seed in _SEEDS:
        hashed = F.xxhash64(F.lit(seed), *_all_parts(compared))
        sums.append(F.sum(hashed.bitwiseAND((1 << _HALF) - 1)))
        sums.append(F.sum(F.shiftright(hashed, _HALF)))
    # Read by position, since a column may have any name.
    named = [each.alias(f"sum_{n}") for n, each in enumerate(sums)]
    rows, *halves = (int(value or 0) for value in frame.agg(*named).collect()[0])
    pairs = zip(halves[::2], halves[1::2], strict=True)
    texts = (f"{(low + (high << _HALF)) % _MODULUS:016x}" for low, high in pairs)
    return f"{_ALGORITHM}:{rows}:{''.join(texts)}"


def _all_parts(columns: Iterable[Column]) -> Iterator[SparkColumn]:
    for column in columns:
        yield from _parts(F.col(f"`{column.name}`"), column.type)


def _parts(value: SparkColumn, type_: ColumnType) -> Iterator[SparkColumn]:
    """Yield what to hash of a value. Hashes skip null, so each part says first whether there is more."""
    yield value.isNull()
    match type_:
        case ArrayType(element):
            yield F.size(value)
            yield F.transform(value, lambda item: _hash(_parts(item, element)))
        case MapType(inner):
            yield F.size(value)
            # The order of a map's entries means nothing.
            yield F.array_sort(F.transform(F.map_entries(value), lambda e: _hash(_entry(e, inner))))
        case StructType(fields):
            for field in fields:
                # On Sail, a field of null may have a value.
                present = F.when(value.isNotNull(), value.getField(field.name))
                yield from _parts(present, field.type)
        case _:
            yield value
            if str(type_) in ("float", "double"):
                # Hashes take -0.0 for 0.0.
                yield F.when(value == 0, value.cast("string"))


def _entry(entry: SparkColumn, type_: ColumnType) -> Iterator[SparkColumn]:
    yield entry.getField("key")
    yield from _parts(entry.getField("value"), type_)


def _hash(parts: Iterable[SparkColumn]) -> SparkColumn:
    return F.xxhash64(*parts)
