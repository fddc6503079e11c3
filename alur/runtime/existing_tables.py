"""Tables that may be older than their contract: what they can follow, and how their rows are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import Column
from alur.contracts.evolution import compare
from alur.contracts.table import Contract
from alur.errors import SchemaError, SourceError
from alur.runtime.spark_types import spark_type

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def refuse_breaking_changes(present: Sequence[Column], contract: Contract) -> None:
    """Stops a run that would keep the table's rows, if they do not fit the contract as it is now.

    Raises:
        SchemaError: columns were dropped, narrowed, renamed or are newly required.
    """
    changes = compare(present, contract.columns)
    breaking = [change.message for change in changes if not change.compatible]
    if breaking:
        raise SchemaError(
            f"the table {contract.identifier} cannot follow {contract.name}: {'; '.join(breaking)}",
            where=contract.location,
            remedy="make the change compatible (a new nullable column, a wider type), give the contract a new "
            'table with name="...", or rebuild the table with mode="overwrite"',
        )


def in_contract(frame: DataFrame, contract: Contract) -> DataFrame:
    """The contract's columns of a table's rows; null for those that the table does not have yet.

    Raises:
        SourceError: the table lacks a required column.
    """
    present = set(frame.columns)
    selected = []
    for column in contract.columns:
        wanted = spark_type(column.type)
        if column.name in present:
            selected.append(F.col(f"`{column.name}`").cast(wanted).alias(column.name))
        elif column.nullable:
            selected.append(F.lit(None).cast(wanted).alias(column.name))
        else:
            raise SourceError(
                f"the table {contract.identifier} has no column {column.name!r} yet",
                where=contract.location,
                remedy="run the pipeline that writes it first",
            )
    return frame.select(*selected)
