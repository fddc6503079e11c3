"""Values are the same only to the last bit."""

from __future__ import annotations

import zlib
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.certification.comparing import difference
from tests.certification.engine import Answer

NAN = float("nan")


def answer(values: list[Any], type_: pa.DataType, name: str = "t") -> Answer:
    table = pa.table({"c": pa.array(values, type_)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        # Split into pieces, so the bytes always differ.
        writer.write_table(table, max_chunksize=1)
    return Answer(name, zlib.compress(sink.getvalue()))


def whole(values: list[Any], type_: pa.DataType, name: str = "t") -> Answer:
    table = pa.table({"c": pa.array(values, type_)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return Answer(name, zlib.compress(sink.getvalue()))


ALIKE = [
    ([NAN, 1.0, None], pa.float64()),
    ([[NAN], [None], []], pa.list_(pa.float64())),
    ([datetime(9999, 12, 31, tzinfo=timezone.utc), None], pa.timestamp("us", "UTC")),
    ([{"a": 1.5, "b": NAN}, None], pa.struct([("a", pa.float64()), ("b", pa.float64())])),
]


@pytest.mark.parametrize(("values", "type_"), ALIKE)
def test_same_values_are_the_same(values: list[Any], type_: pa.DataType) -> None:
    assert difference(answer(values, type_), whole(values, type_)) is None


def test_entries_of_a_map_have_no_order() -> None:
    type_ = pa.map_(pa.string(), pa.float64())
    one, other = [("a", NAN), ("b", None)], [("b", None), ("a", NAN)]
    assert difference(answer([one], type_), answer([other], type_)) is None


UNLIKE = [
    ([0.0], [-0.0], pa.float64()),
    ([0.1], [0.1 + 2**-56], pa.float64()),
    ([[0.0]], [[-0.0]], pa.list_(pa.float64())),
    ([None], [NAN], pa.float64()),
    ([[]], [None], pa.list_(pa.int32())),
    (["a"], ["A"], pa.string()),
    ([Decimal("1.50")], [Decimal("1.51")], pa.decimal128(12, 2)),
]


@pytest.mark.parametrize(("one", "other", "type_"), UNLIKE)
def test_other_values_differ(one: list[Any], other: list[Any], type_: pa.DataType) -> None:
    assert difference(answer(one, type_), answer(other, type_)) is not None


def test_types_are_compared() -> None:
    found = difference(answer([1], pa.int32(), "int"), answer([1], pa.int32(), "bigint"))
    assert found is not None
    assert "int" in found.what


def test_the_order_of_rows_counts_only_where_it_is_asked_for() -> None:
    one, other = answer([1, 2], pa.int32()), answer([2, 1], pa.int32())
    assert difference(one, other, in_order=True) is not None
    assert difference(one, other, in_order=False) is None
    twice = answer([1, 1, 2], pa.int32()), answer([1, 2, 2], pa.int32())
    assert difference(*twice, in_order=False) is not None
