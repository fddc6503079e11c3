"""Makes contracts from tables in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from alur.aws.catalog_tables import iceberg_metadata, table_entry
from alur.aws_clients import Clients
from alur.contracts.contract import LAYERS, Layer
from alur.contracts.evolution import compare_columns
from alur.errors import ExchangeError
from alur.exchange.hive_import import hive_contract
from alur.exchange.iceberg_import import iceberg_contract
from alur.exchange.losses import Imported
from alur.naming import TABLES_PREFIX
from alur.project.environment import Environment
from alur.runtime.tables.state import TableState


def glue_contract(
    clients: Clients, environment: Environment, name: str, layer: Layer, *, adopt: bool
) -> Imported:
    """Return a contract with the columns of a table in Glue's Data Catalog.

    Args:
        name: the table's, as ``database.table``.
        layer: the layer, unless the database is one of the environment's.
        adopt: whether pipelines are to write to this very table.

    Raises:
        AwsError: the table does not exist, or cannot be read.
        ExchangeError: no contract can have any of its columns; or, with ``adopt``, the contract cannot hold the table, with
            every reason.
    """
    database, dot, table = name.partition(".")
    if not (database and dot and table):
        raise ExchangeError(f"{name!r} is not a table", remedy="name it as DATABASE.TABLE")
    entry = table_entry(clients, database, table)
    own = next((own for own in LAYERS if environment.names.database(own) == database), None)
    metadata = iceberg_metadata(clients, entry)
    imported = (
        hive_contract(entry, own or layer)
        if metadata is None
        else iceberg_contract(metadata, entry["Name"], own or layer)
    )
    if not imported.contract.declared_columns:
        reasons = "; ".join(map(str, imported.losses))
        raise ExchangeError(f"{name}: no contract can have any of its columns", remedy=reasons)
    if adopt:
        obstacles = [*_obstacles(environment, own, imported, metadata, database)]
        if obstacles:
            raise ExchangeError(
                "\n    ".join([f"{name} cannot be adopted:", *obstacles]),
                remedy="import it without --adopt as a contract of a new table, and copy the rows",
            )
    if metadata is not None and not imported.contract.description and entry.get("Description"):
        described = replace(imported.contract, description=entry["Description"].strip())
        return replace(imported, contract=described)
    return imported


def _obstacles(
    environment: Environment,
    own: Layer | None,
    imported: Imported,
    metadata: dict[str, Any] | None,
    database: str,
) -> Iterator[str]:
    """Yield why jobs cannot continue a table."""
    if own is None:
        bases = ", ".join(environment.names.database(layer) for layer in LAYERS)
        yield f"its database {database!r} is none of {environment.name}'s: {bases}"
    yield from (str(loss) for loss in imported.losses if loss.of_rows)
    if metadata is None or any(loss.of_rows for loss in imported.losses):
        return
    contract = imported.contract
    state = TableState.parse_metadata(metadata)
    if own is not None:
        place = f"s3://{environment.names.bucket(own)}/{TABLES_PREFIX}{contract.table}"
        if state.location != place:
            yield f"its files are in {state.location}; jobs may write to {place}"
    for change in compare_columns(state.columns, contract.columns):
        yield f"{change.message}: the contract cannot leave it as it is"
    if state.partitioning != contract.partition_by:
        yield "its partitioning"
