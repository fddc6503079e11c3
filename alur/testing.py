"""Provides sessions, and rows from contracts, for the tests of a project.

>>> from alur import SilverTable
>>> from alur.testing import rows, spark_session
>>> class Orders(SilverTable):
...     order_id: str
...     amount: float
>>> with spark_session() as spark:
...     rows(spark, [Orders(order_id="A1", amount=9.5)]).collect()
[Row(order_id='A1', amount=9.5)]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING, Any

from alur.contracts.table import Table, contract_of
from alur.errors import ContractError
from alur.runtime.engines.engine import EngineName, another_session, open_session
from alur.runtime.engines.spark_types import spark_schema

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyspark.sql import DataFrame, SparkSession

__all__ = ["another_session", "rows", "spark_session"]


def spark_session(engine: EngineName = "sail") -> AbstractContextManager[SparkSession]:
    """Start an engine, as ``alur run --env local`` does, and yield its session; stop it after the ``with`` block.

    Within the block, the process's time zone is UTC.

    Args:
        engine: ``sail``, or ``spark`` for Spark on the JVM.

    Raises:
        EngineError: the engine is not installed, or ``spark`` finds no Java 17.
    """
    return open_session(engine)


def rows(session: SparkSession, given: Sequence[Table]) -> DataFrame:
    """Return instances of one contract as a DataFrame of its declared columns.

    Args:
        session: the session of the DataFrame.
        given: instances of a contract's class; a ``datetime`` without a zone is UTC.

    Raises:
        ContractError: there is no instance, or there are instances of several contracts.
    """
    kinds = {type(row) for row in given}
    if len(kinds) != 1:
        raise ContractError(
            f"the rows belong to {len(kinds)} contracts",
            remedy="pass one or more instances of one contract",
        )
    columns = contract_of(kinds.pop()).declared_columns
    dumped = [row.model_dump() for row in given]
    values = [tuple(_plain(row[column.name]) for column in columns) for row in dumped]
    return session.createDataFrame(values, spark_schema(columns))


def _plain(value: Any) -> Any:
    """Return the value as stored in a table: an Enum member's value; a time without a zone as UTC."""
    match value:
        case Enum():
            return value.value
        case datetime(tzinfo=None):
            return value.replace(tzinfo=timezone.utc)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case _:
            return value
