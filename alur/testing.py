"""For the tests of a project: a session, and rows from contracts.

>>> from alur import SilverTable
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
from alur.runtime.engine import EngineName, another_session, open_session
from alur.runtime.spark_types import spark_schema

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyspark.sql import DataFrame, SparkSession

__all__ = ["another_session", "rows", "spark_session"]


def spark_session(engine: EngineName = "sail") -> AbstractContextManager[SparkSession]:
    """The Spark session that ``alur run --env local`` uses, UTC; it ends with the ``with`` block.

    Raises:
        EngineError: the engine is not installed.
    """
    return open_session(engine)


def rows(session: SparkSession, given: Sequence[Table]) -> DataFrame:
    """Instances of one contract as a DataFrame of its declared columns.

    Raises:
        ContractError: there is no instance, or there are instances of several contracts.
    """
    kinds = {type(row) for row in given}
    if len(kinds) != 1:
        raise ContractError(
            f"rows of {len(kinds)} contracts make no DataFrame",
            remedy="give one or more instances of one contract",
        )
    columns = contract_of(kinds.pop()).declared_columns
    dumped = [row.model_dump() for row in given]
    values = [tuple(_plain(row[column.name]) for column in columns) for row in dumped]
    return session.createDataFrame(values, spark_schema(columns))


def _plain(value: Any) -> Any:
    """The value as a table holds it: that of a member of an Enum; a time without a zone is UTC."""
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
