"""Merges: incoming rows replace rows with the same key. The engine does it, on the DataFrames of both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from alur.contracts.columns import (
    SOURCE_FILE,
    ArrayType,
    ColumnType,
    MapType,
    StructType,
)
from alur.contracts.contract import Contract

_ORDERED = frozenset({"string", "int", "bigint", "date", "timestamp", "decimal"})

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame


def with_other_keys(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the existing rows with keys not among the incoming ones, in the contract's columns."""
    keys = list(contract.key)
    names = [column.name for column in contract.columns]
    return existing.join(incoming.select(*keys), keys, "left_anti").select(*names)


def rows_in_key_range(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the existing rows with keys between the least and the greatest incoming one, and perhaps others."""
    for name, (least, greatest) in key_ranges(incoming, contract).items():
        existing = existing.filter(F.col(f"`{name}`").between(least, greatest))
    return existing


def key_ranges(rows: DataFrame, contract: Contract) -> dict[str, tuple[Any, Any]]:
    """Return the least and the greatest value of each key column whose order is the same everywhere; none without rows."""
    names = in_one_order(contract, contract.key)
    if not names:
        return {}
    ends = [end(F.col(f"`{name}`")) for name in names for end in (F.min, F.max)]
    # Read by position, since a column may have any name.
    values = iter(rows.agg(*(end.alias(f"end_{n}") for n, end in enumerate(ends))).collect()[0])
    ranges = {name: (next(values), next(values)) for name in names}
    return {name: ends for name, ends in ranges.items() if ends[0] is not None}


def in_one_order(contract: Contract, names: Iterable[str]) -> list[str]:
    """Return the columns, of those named, whose values have the same order everywhere.

    Engines order floating-point and nested values by rules of their own; booleans exclude nothing.
    """
    return [name for name in names if str(_type(contract, name)).partition("(")[0] in _ORDERED]


def _type(contract: Contract, name: str) -> ColumnType:
    column = contract.column(name)
    assert column is not None, "keys and partitions are of a contract's own columns"
    return column.type


def latest_by_file(incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return, of rows with the same key in several landing files, those of the last file by name.

    Keep duplicate keys within one file for the check of the key to find, and rows without a file's name.
    """
    latest = F.max(SOURCE_FILE).over(Window.partitionBy(*contract.key))
    return (
        incoming.withColumn("__alur_latest", latest)
        .filter(F.col(SOURCE_FILE).isNull() | (F.col(SOURCE_FILE) == F.col("__alur_latest")))
        .drop("__alur_latest")
    )


def newer_than(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the incoming rows without an existing row from the same or a later landing file.

    The order of files is the order of their names. So the table is the same however files are batched, and a file
    changes nothing when it is read again after later files have replaced all its rows.
    """
    keys = list(contract.key)
    present = existing.select(*keys, F.col(SOURCE_FILE).alias("__alur_present"))
    return (
        incoming.join(present, keys, "left")
        .filter(
            F.col("__alur_present").isNull()
            | F.col(SOURCE_FILE).isNull()
            | (F.col("__alur_present") < F.col(SOURCE_FILE))
        )
        .select(*incoming.columns)
    )


def shows_changes(contract: Contract) -> bool:
    """Return whether `changed_rows` can compare a contract's rows: they say nothing of their run, and nest nothing."""
    return not any(
        column.system or isinstance(column.type, ArrayType | MapType | StructType)
        for column in contract.columns
    )


def changed_rows(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the incoming rows without those that exist: with an equal key, and all else the same to the last bit."""
    names = [column.name for column in contract.columns]
    present = existing.select(*(F.col(f"`{name}`").alias(_present(name)) for name in names))
    same = F.lit(True)
    for column in contract.columns:
        here, there = F.col(f"`{column.name}`"), F.col(f"`{_present(column.name)}`")
        if column.name in contract.key:
            same = same & (here == there)
        else:
            same = same & _exact(here, column.type).eqNullSafe(_exact(there, column.type))
    return incoming.join(present, same, "left_anti")


def _present(name: str) -> str:
    return f"__alur_present_{name}"


def _exact(value: SparkColumn, type_: ColumnType) -> SparkColumn:
    """Return a value that is equal exactly for the same values: 0.0 equals -0.0, but their texts differ."""
    return value.cast("string") if str(type_) in ("float", "double") else value


def files_of(rows: DataFrame) -> set[str]:
    """Return the landing files of rows."""
    return {row[0] for row in rows.select(SOURCE_FILE).distinct().collect()}
