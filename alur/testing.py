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

from pydantic import BaseModel

from alur.contracts.columns import INGESTED_AT, RUN_ID, SOURCE_FILE, Column
from alur.contracts.table import Table, contract_of
from alur.errors import ContractError
from alur.runtime.engines.engine import EngineName, another_session, open_session
from alur.runtime.engines.spark_types import spark_schema

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyspark.sql import DataFrame, SparkSession

__all__ = ["another_session", "rows", "spark_session"]

_OF_ALUR = {
    INGESTED_AT: datetime(2000, 1, 1, tzinfo=timezone.utc),
    SOURCE_FILE: None,
    RUN_ID: "test",
}
"""The values of a bronze table's system columns."""


def spark_session(engine: EngineName = "sail") -> AbstractContextManager[SparkSession]:
    """Start an engine, as ``alur run --env local`` does, and yield its session; stop it after the ``with`` block.

    Within the block, the process's time zone is UTC.

    Args:
        engine: ``sail``, or ``spark`` for Spark on the JVM.

    Raises:
        EngineError: the engine is not installed, or ``spark`` finds no Java 17.
    """
    return open_session(engine)


def rows(
    session: SparkSession, given: Sequence[Table], contract: type[Table] | None = None
) -> DataFrame:
    """Return instances of one contract as a DataFrame, with the columns that a pipeline receives from its table.

    For a bronze contract these include ``_ingested_at`` (the first instant of 2000), ``_source_file`` (null) and
    ``_run_id`` (``test``); ``withColumn`` gives them other values.

    Args:
        session: the session of the DataFrame.
        given: instances of a contract's class; a ``datetime`` without a zone is UTC.
        contract: the class, needed if there may be no instance.

    Raises:
        ContractError: there is no instance and no class, or there are instances of another contract.

    >>> from alur import SilverTable
    >>> class Orders(SilverTable):
    ...     order_id: str
    >>> with spark_session() as spark:
    ...     rows(spark, [], Orders).count()
    0
    """
    kinds = {type(row) for row in given} | ({contract} if contract else set())
    if len(kinds) != 1:
        raise ContractError(
            f"the rows belong to {len(kinds)} contracts",
            remedy="pass instances of one contract; if there may be none, its class as well: rows(spark, [], Orders)",
        )
    columns = contract_of(kinds.pop()).columns
    values = [tuple(_value_of(row, column) for column in columns) for row in given]
    return session.createDataFrame(values, spark_schema(columns))


def _value_of(row: Table, column: Column) -> Any:
    return _OF_ALUR[column.name] if column.system else _plain(getattr(row, column.name))


def _plain(value: Any) -> Any:
    """Return the value as stored in a table: an Enum member's value; a time without a zone as UTC.

    pydantic's ``model_dump`` would leave out fields, or change them, where the model's own serialization does.
    """
    match value:
        case Enum():
            return value.value
        case datetime(tzinfo=None):
            return value.replace(tzinfo=timezone.utc)
        case BaseModel():
            return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case _:
            return value
