"""Finds the data files that hold given keys: by their partitions, by their columns' bounds, and last by their rows.

The search may return too many files, but never too few. So a merge leaves all other files in place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow.acero import Declaration, HashJoinNodeOptions, ScanNodeOptions, TableSourceNodeOptions

from alur.contracts.contract import Contract
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.pyiceberg_data_files import checked, data_files, local_path

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table

_INTERVALS = 1_000
"""The number of values of a column to compare with a file's bounds; of more values, neighbors form intervals."""

_KEYS_LOOKED_UP = 1_000_000
"""The number of keys that are searched for in rows; of more keys, most files hold one, and all keys are in memory."""

_FILE = "__filename"
"""Arrow's name for the column with the path of a row's file."""


def files_with_keys(table: Table, keys: pa.Table) -> list[DataFile]:
    """Return a table's current files that hold a key.

    Args:
        keys: the columns of the table's key, without nulls.

    Raises:
        EngineError: one of the files is missing or damaged.
    """
    if not len(keys):
        return []
    # Engines have rules of their own for equal floating-point numbers.
    keys = keys.select([field.name for field in keys.schema if not _is_inexact(field.type)])
    tests = [*_partition_tests(table, keys), *_bound_tests(table, keys)]
    files = [file for file in data_files(table) if all(test(file) for test in tests)]
    files = checked(table, files)
    is_exact = bool(keys.column_names) and len(keys) <= _KEYS_LOOKED_UP
    return _holding(table, files, keys) if is_exact else files


def staged_keys(table: Table, folder: Path, contract: Contract) -> pa.Table:
    """Return the keys of staged rows, in the types of the table's columns."""
    rows = ds.dataset(folder, format="parquet")
    schema = arrow_schema(table.schema())
    types = pa.schema([schema.field(name) for name in contract.key])
    if not rows.files:
        return types.empty_table()
    return rows.to_table(columns=types.names).cast(types)


def _is_inexact(type_: pa.DataType) -> bool:
    return bool(pa.types.is_floating(type_) or pa.types.is_nested(type_))


def _partition_tests(table: Table, keys: pa.Table) -> Iterator[Callable[[DataFile], bool]]:
    """Yield a test for each field of the partition that follows from the key."""
    spec, schema = table.spec(), table.schema()
    for place, field in enumerate(spec.fields):
        source = schema.find_field(field.source_id)
        if source.name in keys.column_names:
            transform = field.transform.pyarrow_transform(source.field_type)
            column = keys[source.name].unique()
            values = set(transform(column).to_pylist())
            yield _InPartition(spec.spec_id, place, frozenset(values))


@dataclass(frozen=True, slots=True)
class _InPartition:
    spec_id: int
    place: int
    values: frozenset[Any]

    def __call__(self, file: DataFile) -> bool:
        return file.spec_id != self.spec_id or file.partition[self.place] in self.values


def _bound_tests(table: Table, keys: pa.Table) -> Iterator[Callable[[DataFile], bool]]:
    """Yield a test for each column of the key."""
    for name in keys.column_names:
        field = table.schema().find_field(name)
        yield _InBounds(field.field_id, _Intervals.of(keys[name]))


@dataclass(frozen=True, slots=True)
class _InBounds:
    field_id: int
    wanted: _Intervals

    def __call__(self, file: DataFile) -> bool:
        low = (file.lower_bounds or {}).get(self.field_id)
        high = (file.upper_bounds or {}).get(self.field_id)
        return low is None or high is None or self.wanted.meet(low, high)


@dataclass(frozen=True, slots=True)
class _Intervals:
    """Values of a column: disjoint intervals in their order, as numbers or bytes.

    Attributes:
        decode: returns a bound of a file in the same form
            (https://iceberg.apache.org/spec/#appendix-d-single-value-serialization).
    """

    lows: list[Any]
    highs: list[Any]
    decode: Callable[[bytes], Any]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> _Intervals:
        """Return the intervals around a column's values."""
        values = column.unique()
        values = values.take(pc.array_sort_indices(values))
        size = -(-len(values) // _INTERVALS)
        starts = range(0, len(values), size)
        ends = [min(start + size, len(values)) - 1 for start in starts]
        encode, decode = _forms(values.type)
        return cls(
            [encode(values[n]) for n in starts],
            [encode(values[n]) for n in ends],
            decode,
        )

    def meet(self, low: bytes, high: bytes) -> bool:
        """Return whether a value may lie between two bounds of a file."""
        place = bisect_left(self.highs, self.decode(low))
        return place < len(self.lows) and bool(self.lows[place] <= self.decode(high))


def _forms(type_: pa.DataType) -> tuple[Callable[[pa.Scalar], Any], Callable[[bytes], Any]]:
    """Return how a value and a bound become a number or bytes: texts are in the order of their UTF-8 bytes."""
    if pa.types.is_decimal(type_):
        return lambda value: int(value.as_py().scaleb(type_.scale)), _big_endian
    if pa.types.is_string(type_):
        return lambda value: value.as_py().encode(), bytes
    if pa.types.is_binary(type_):
        return lambda value: value.as_py(), bytes
    if pa.types.is_boolean(type_):
        return lambda value: int(value.as_py()), _little_endian
    return lambda value: value.value if hasattr(value, "value") else value.as_py(), _little_endian


def _big_endian(bound: bytes) -> int:
    return int.from_bytes(bound, "big", signed=True)


def _little_endian(bound: bytes) -> int:
    return int.from_bytes(bound, "little", signed=True)


def _holding(table: Table, files: list[DataFile], keys: pa.Table) -> list[DataFile]:
    """Return the files with a row whose key is among the keys."""
    if not files:
        return []
    names = keys.column_names
    paths = {str(local_path(file.file_path)): file for file in files}
    schema = pa.schema([arrow_schema(table.schema()).field(name) for name in names])
    rows = ds.dataset(list(paths), schema=schema, format="parquet")
    scan = ScanNodeOptions(rows, columns=[*names, _FILE], filter=_range(keys))
    join = HashJoinNodeOptions("left semi", names, names)
    sources = [Declaration("scan", scan), Declaration("table_source", TableSourceNodeOptions(keys))]
    found = Declaration("hashjoin", join, sources).to_table()
    return [paths[path.as_py()] for path in found[_FILE].unique()]


def _range(keys: pa.Table) -> ds.Expression:
    """Return a condition that lets the reader skip row groups without a key."""
    condition = ds.scalar(True)
    for name in keys.column_names:
        ends = pc.min_max(keys[name])
        condition &= (ds.field(name) >= ends["min"]) & (ds.field(name) <= ends["max"])
    return condition
