"""Makes a contract of columns that were found elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alur.contracts.columns import (
    BRONZE_COLUMNS,
    ArrayType,
    Column,
    ColumnType,
    MapType,
    StructType,
)
from alur.contracts.contract import Contract, Layer
from alur.contracts.partitioning import PartitionField
from alur.contracts.rules import Rule
from alur.exchange.column_source import class_name
from alur.exchange.contract_source import identifier_like
from alur.exchange.losses import Loss
from alur.exchange.names import is_table_name


def assembled(  # noqa: PLR0913 - each is a part of a contract
    table: str,
    layer: Layer,
    columns: Sequence[Column],
    *,
    rules: Sequence[Rule] = (),
    key: tuple[str, ...] = (),
    partition_by: tuple[PartitionField, ...] = (),
    description: str = "",
    tags: tuple[tuple[str, str], ...] = (),
) -> Contract:
    """Return the contract of a table with columns.

    Args:
        table: a valid name; see :func:`table_name`.
        columns: without those that Alur fills in.
        rules: those that neither nullability nor the key says.
    """
    required = [rule for column in columns for rule in _required(column, (column.name,))]
    unique = [Rule("unique", key)] if key else []
    return Contract(
        name=class_name(table),
        table=table,
        layer=layer,
        columns=(*columns, *(BRONZE_COLUMNS if layer == "bronze" else ())),
        rules=(*required, *rules, *unique),
        key=key,
        partition_by=partition_by,
        tags=tags,
        description=description.strip(),
    )


def table_name(given: str, losses: list[Loss]) -> str:
    """Return a name as a table can have it.

    >>> table_name("Sales.v2", losses := []), str(losses[0])
    ('sales_v2', "sales_v2: the name 'Sales.v2', which no table can have")
    """
    if is_table_name(given):
        return given
    name = identifier_like(given)[:128]
    losses.append(Loss(name, f"the name {given!r}, which no table can have", of_rows=True))
    return name


def is_filled_in(column: str, layer: Layer) -> bool:
    """Return whether Alur fills in a column of a layer's tables.

    >>> is_filled_in("_run_id", "bronze"), is_filled_in("_run_id", "gold")
    (True, False)
    """
    return layer == "bronze" and any(column == system.name for system in BRONZE_COLUMNS)


def _required(column: Column, path: tuple[str, ...]) -> Iterator[Rule]:
    if not column.nullable:
        yield Rule("not_null", (".".join(path),))
    yield from _within(column.type, path)


def _within(type_: ColumnType, path: tuple[str, ...]) -> Iterator[Rule]:
    match type_:
        case ArrayType(inner, nullable):
            yield from _required(Column("", inner, nullable), (*path, "element"))
        case MapType(inner, nullable):
            yield from _required(Column("", inner, nullable), (*path, "value"))
        case StructType(fields):
            for field in fields:
                yield from _required(field, (*path, field.name))
        case _:
            return
