"""Merge: rows replace those with the same key. Done in the engine, on both sides' DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from alur.contracts.columns import SOURCE_FILE
from alur.contracts.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def with_other_keys(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the existing rows whose key does not come in, in the contract's columns."""
    keys = list(contract.key)
    names = [column.name for column in contract.columns]
    return existing.join(incoming.select(*keys), keys, "left_anti").select(*names)


def latest_by_file(incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return, of rows with the same key in several landing files, those from the file that comes last by name.

    Rows of one key within one file stay, for the check of the key to find; so do rows without a file's name.
    """
    latest = F.max(SOURCE_FILE).over(Window.partitionBy(*contract.key))
    return (
        incoming.withColumn("__alur_latest", latest)
        .filter(F.col(SOURCE_FILE).isNull() | (F.col(SOURCE_FILE) == F.col("__alur_latest")))
        .drop("__alur_latest")
    )


def newer_than(existing: DataFrame, incoming: DataFrame, contract: Contract) -> DataFrame:
    """Return the incoming rows of landing files that no existing row of the same or a later file outdoes.

    Files count in the order of their names. So the table is the same in whatever batches they are taken, and a file
    whose rows have all been replaced since changes nothing when it is read once more.
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
    """Return the landing files that rows come from."""
    return {row[0] for row in rows.select(SOURCE_FILE).distinct().collect()}
