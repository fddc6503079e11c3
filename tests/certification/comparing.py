"""Compares the answers of two engines, to the last bit."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tests.certification.engine import Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two answers, and its first row."""

    what: str
    row: int | None = None


def difference(spark: Answer, sail: Answer, in_order: bool = True) -> Difference | None:
    """Return the difference between two answers; None if they are the same."""
    if spark.type != sail.type:
        return Difference(f"Spark's type {spark.type}, Sail's {sail.type}")
    if spark.rows == sail.rows:
        return None
    theirs, ours = rows(spark), rows(sail)
    if sail.failed and len(theirs) == len(ours):
        for place in sail.failed:
            theirs[place] = ours[place] = None
    if not in_order:
        theirs, ours = sorted(theirs, key=repr), sorted(ours, key=repr)
    if len(theirs) != len(ours):
        return Difference(f"Spark {len(theirs)} rows, Sail {len(ours)}")
    for number, (expected, got) in enumerate(zip(theirs, ours, strict=True)):
        if expected != got:
            what = f"Spark {shown(expected)}, Sail {shown(got)}"
            return Difference(what, number if in_order else None)
    return None


def rows(answer: Answer) -> list[Any]:
    """Return an answer's rows as values that are equal only if they are the same to the last bit."""
    with pa.ipc.open_stream(zlib.decompress(answer.rows)) as reader:
        table = reader.read_all()
    columns = [plain(column) for column in table.columns]
    if not columns:
        return [()] * table.num_rows
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def plain(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """Return a column's values: times as numbers, floating point with its bits, maps as sorted pairs."""
    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in plain(chunk)]
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return plain(column.dictionary_decode())
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        # Bytes may be a text on one engine without being UTF-8.
        texts = column.cast(pa.binary(), safe=False).to_pylist()
        return [None if text is None else text.decode("utf-8", "surrogateescape") for text in texts]
    if pa.types.is_floating(type_):
        return [None if value is None else _bits(value) for value in column.to_pylist()]
    if pa.types.is_timestamp(type_):
        if type_.unit != "us":
            column = pc.cast(column, pa.timestamp("us", type_.tz))
        return list(column.cast(pa.int64()).to_pylist())
    if pa.types.is_date32(type_):
        return list(column.cast(pa.int32()).to_pylist())
    if pa.types.is_struct(type_):
        fields = [plain(field) for field in _fields(column)]
        valid = column.is_valid().to_pylist()
        return [tuple(f[i] for f in fields) if valid[i] else None for i in range(len(column))]
    if pa.types.is_map(type_):
        pairs = list(zip(plain(column.keys), plain(column.items), strict=True))
        return [None if v is None else tuple(sorted(v, key=repr)) for v in _slices(column, pairs)]
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return [None if v is None else tuple(v) for v in _slices(column, plain(column.values))]
    return list(column.to_pylist())


def _fields(column: pa.StructArray) -> list[pa.Array]:
    return [column.field(number) for number in range(column.type.num_fields)]


def _slices(column: Any, values: list[Any]) -> list[list[Any] | None]:
    offsets, valid = column.offsets.to_pylist(), column.is_valid().to_pylist()
    return [values[offsets[i] : offsets[i + 1]] if valid[i] else None for i in range(len(column))]


class Bits(float):
    """A floating-point number that equals only itself: NaN equals NaN, and 0.0 is not -0.0."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and _pattern(self) == _pattern(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(_pattern(self))


def _pattern(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


@lru_cache(maxsize=100_000)
def _cached(pattern: bytes) -> Bits:
    return Bits(struct.unpack("<d", pattern)[0])


def _bits(value: float) -> Bits:
    return _cached(struct.pack("<d", value))


def shown(value: Any) -> str:
    """Return a value in a few words."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
