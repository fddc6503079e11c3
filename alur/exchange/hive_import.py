"""Contracts from tables of Glue's Data Catalog that are not Iceberg's: files of a format, with columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alur.contracts.columns import Column
from alur.contracts.contract import Layer
from alur.contracts.partitioning import PartitionField
from alur.exchange.assembling import assembled, is_filled_in, table_name
from alur.exchange.losses import Imported, Loss
from alur.exchange.names import refusal_of_column
from alur.exchange.physical_types import UnknownType, physical_type


def hive_contract(entry: Mapping[str, Any], layer: Layer) -> Imported:
    """Return the contract of a table, by its entry in the catalog.

    Args:
        entry: as Glue's GetTable returns it.

    >>> entry = {"Name": "visits", "StorageDescriptor": {"Columns": [{"Name": "at", "Type": "timestamp"}]},
    ...     "PartitionKeys": [{"Name": "day", "Type": "date"}]}
    >>> found = hive_contract(entry, "silver").contract
    >>> [(column.name, str(column.type)) for column in found.columns], [str(part) for part in found.partition_by]
    ([('at', 'timestamp'), ('day', 'date')], ['day'])
    """
    losses: list[Loss] = []
    table = table_name(entry["Name"], losses)
    keys = entry.get("PartitionKeys") or []
    given = [*(entry.get("StorageDescriptor", {}).get("Columns") or []), *keys]
    columns = tuple(_columns(given, table, layer, losses))
    partitioning = tuple(_partitioning(keys, columns, table, losses))
    losses.append(Loss(table, "its files, which are not those of an Iceberg table", of_rows=True))
    contract = assembled(
        table,
        layer,
        columns,
        partition_by=partitioning,
        description=entry.get("Description") or "",
    )
    return Imported(contract, tuple(losses))


def _columns(given: list[Any], table: str, layer: Layer, losses: list[Loss]) -> Iterator[Column]:
    for column in given:
        name = column["Name"]
        if is_filled_in(name, layer):
            continue
        try:
            if refusal := refusal_of_column(name):
                raise UnknownType(refusal)
            found = physical_type(column.get("Type") or "")
        except UnknownType as error:
            losses.append(Loss(f"{table}.{name}", f"the column: {error}", of_rows=True))
            continue
        if found.lost:
            losses.append(Loss(f"{table}.{name}", found.lost))
        yield Column(name, found.type, nullable=True, description=column.get("Comment") or "")


def _partitioning(
    keys: list[Any], columns: tuple[Column, ...], table: str, losses: list[Loss]
) -> Iterator[PartitionField]:
    for key in keys:
        part = PartitionField("identity", key["Name"])
        column = next((column for column in columns if column.name == key["Name"]), None)
        if column is not None and part.accepts(column.type):
            yield part
        else:
            losses.append(Loss(table, f"the partitioning by {key['Name']}", of_rows=True))
