"""Iceberg tables in S3, listed in Glue's Data Catalog, for the job's engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from alur.contracts.columns import SOURCE_FILE, ArrayType, MapType
from alur.contracts.contract import Contract, Layer
from alur.contracts.retention import Retention
from alur.runtime.engines.spark_types import spark_type
from alur.runtime.tables.existing_tables import in_contract
from alur.runtime.tables.spark_sql import rows_of, table_name
from alur.runtime.tables.spark_staging import StagingArea
from alur.runtime.tables.spark_taken_files import files_taken
from alur.runtime.tables.state import TableCatalog, TableState

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class LayerLocation:
    """The location of a layer's tables.

    Attributes:
        database: their database in Glue.
        location: the prefix above the folders of its tables; ends with a slash.
    """

    database: str
    location: str


@dataclass(frozen=True)
class GlueTables:
    """Tables by contract, in the catalog ``glue_catalog`` of a session.

    Attributes:
        catalog: finds a table's metadata, whichever engine wrote it.
        staging: the place for a run's rows before their commit.
        retentions: how long tables keep their snapshots, by ``layer.table``; those of other tables stay for good.
    """

    session: SparkSession
    catalog: TableCatalog
    databases: Mapping[Layer, LayerLocation]
    staging: StagingArea
    retentions: Mapping[str, Retention] = field(default_factory=dict)

    def name(self, contract: Contract) -> str:
        """Return a table's name in Spark."""
        return table_name(self.databases[contract.layer].database, contract.table)

    def location(self, contract: Contract) -> str:
        """Return the location of a table's files."""
        return self.databases[contract.layer].location + contract.table

    def state(self, contract: Contract) -> TableState | None:
        """Return a table's current state; None if there is no such table."""
        return self.catalog.state(self.databases[contract.layer].database, contract.table)

    def set_properties(self, contract: Contract, properties: Mapping[str, str]) -> None:
        """Set properties of a table through the catalog, for an engine without ALTER TABLE."""
        database = self.databases[contract.layer].database
        self.catalog.set_properties(database, contract.table, properties)

    def rows(
        self, session: SparkSession, contract: Contract, state: TableState | None
    ) -> DataFrame | None:
        """Return a table's rows in a given state, regardless of later commits; None if it has never been written."""
        if state is None or state.snapshot is None:
            return None
        frame = session.sql(rows_of(self.name(contract), state.snapshot.id))
        return _plain_lists(in_contract(frame, contract), contract)

    def files_taken(
        self,
        session: SparkSession,
        contract: Contract,
        state: TableState | None,
        names: Collection[str],
    ) -> dict[str, datetime]:
        """Return when rows of landing files came into a table, for those of the files that are in it."""
        rows = self.rows(session, contract, state)
        if rows is None or state is None or state.snapshot is None:
            return {}
        if SOURCE_FILE not in (column.name for column in state.columns):
            return {}
        return files_taken(session, self.name(contract), state.snapshot.id, rows, names)


def _plain_lists(frame: DataFrame, contract: Contract) -> DataFrame:
    """Return the rows, each list and map cast to its own type.

    Sail reads Iceberg's field ids into the element types of lists and maps, loses them when it takes a group's first
    row, and then reports different types. On Spark such a cast does nothing.
    """
    return frame.select(
        *(
            F.col(f"`{column.name}`").cast(spark_type(column.type)).alias(column.name)
            if isinstance(column.type, ArrayType | MapType)
            else F.col(f"`{column.name}`")
            for column in contract.columns
        )
    )
