"""Merges: incoming rows replace rows with the same key. The engine does it, on the DataFrames of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from alur.contracts.columns import SOURCE_FILE
from alur.contracts.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def with_other_keys(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the existing rows with keys not among the incoming ones, in the contract's columns."""
    keys = list(contract.key)
    names = [column.name for column in contract.columns]
    return existing.join(incoming.select(*keys), keys, "left_anti").select(*names)


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


def files_of(rows: DataFrame) -> set[str]:
    """Return the landing files of rows."""
    return {row[0] for row in rows.select(SOURCE_FILE).distinct().collect()}
