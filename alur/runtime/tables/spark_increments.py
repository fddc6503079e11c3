"""Reads what commits have changed in a table of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.contracts.contract import Contract
from alur.errors import EngineError
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.increments import ChangedFiles, NewCommits
from alur.runtime.tables.spark_catalog import has_iceberg
from alur.runtime.tables.spark_sql import changed_files_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ADDED, _DELETED = 1, 2
"""The status of an entry (https://iceberg.apache.org/spec/#manifest-entry-fields)."""


def changed_files(
    session: SparkSession, name: str, contract: Contract, commits: NewCommits
) -> ChangedFiles:
    """Return the rows of the files that commits have added and removed.

    Args:
        name: the table's name in Spark.

    Raises:
        EngineError: the engine does not show a table's files.
    """
    if not has_iceberg(session):
        raise EngineError(
            f"the changes of {contract.identifier} cannot be read on Sail, which shows no files of tables in AWS",
            remedy="run it on Spark: alur sandbox --engine spark",
        )
    files: dict[int, dict[str, int]] = {_ADDED: {}, _DELETED: {}}
    for commit in commits.ids:
        for status, path, count in session.sql(changed_files_of(name, commit)).collect():
            files[status][path] = count
    lasting = {p: n for p, n in files[_ADDED].items() if p not in files[_DELETED]}
    gone = {p: n for p, n in files[_DELETED].items() if p not in files[_ADDED]}

    def rows(paths: dict[str, int]) -> DataFrame:
        schema = spark_schema(contract.columns)
        if not paths:
            return session.createDataFrame([], schema)
        return in_contract(session.read.schema(schema).parquet(*paths), contract)

    total = sum((*lasting.values(), *gone.values()))
    return ChangedFiles(rows(lasting), rows(gone) if gone else None, total)
