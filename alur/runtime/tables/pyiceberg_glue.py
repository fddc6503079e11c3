"""Maintains tables of Glue's Data Catalog as those of this machine: for an engine without Iceberg's procedures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from alur.aws_clients import Clients, job_aws_errors
from alur.contracts.contract import Contract
from alur.runtime.tables.maintained import Maintained
from alur.runtime.tables.pyiceberg_data_files import written_meanwhile
from alur.runtime.tables.pyiceberg_maintenance import maintain
from alur.runtime.tables.spark_maintenance import written_state
from alur.runtime.tables.spark_tables import GlueTables

if TYPE_CHECKING:
    from pyiceberg.table import CommitTableResponse, Table
    from pyiceberg.table.update import TableRequirement, TableUpdate


def maintain_in_glue(tables: GlueTables, contract: Contract, clients: Clients) -> Maintained:
    """Combine small files, expire snapshots, and delete files that no snapshot needs.

    Raises:
        SourceError: the table has never been written.
        EngineError: a file is missing, AWS refuses, or another program has committed meanwhile.
    """
    written_state(tables, contract)
    identifier = (tables.databases[contract.layer].database, contract.table)
    with job_aws_errors(f"the table {contract.identifier} cannot be maintained"):
        catalog = pyiceberg_catalog(clients("glue"), clients.s3_properties())
        table = catalog.load_table(identifier)
        return maintain(table, contract, tables.retentions.get(contract.identifier))


def pyiceberg_catalog(glue: Any, properties: Mapping[str, str]) -> GlueCatalog:
    """Return Glue's Data Catalog for PyIceberg, whose commits are tried once.

    Args:
        glue: boto3's client.
        properties: how PyIceberg reaches S3.
    """
    return _Catalog("glue", glue, **properties)


class _Catalog(GlueCatalog):
    def commit_table(
        self,
        table: Table,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> CommitTableResponse:
        try:
            return super().commit_table(table, requirements, updates)
        except CommitFailedException as error:
            raise written_meanwhile(table) from error
