"""Compares two states of a table's columns: what an existing table can grow into, and what would break it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)

_WIDER = {("int", "bigint"), ("float", "double")}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two states of a table.

    Attributes:
        column: the column's name.
        compatible: whether rows written before still fit, and readers of before still find what they read.
        widens: whether a type became a wider one, so that files written before hold the narrower.
    """

    column: str
    message: str
    compatible: bool
    widens: bool = False


def compare(old: Sequence[Column], new: Sequence[Column]) -> list[Change]:
    """The changes that lead from the old columns to the new ones.

    An added nullable column and a widened type (int to bigint, float to double, a decimal of more digits) are
    compatible, by Iceberg's rules (https://iceberg.apache.org/spec/#schema-evolution). A dropped, narrowed, renamed
    or newly required column is not; a rename is a dropped and an added column.

    >>> from alur.contracts.columns import PrimitiveType
    >>> n = Column("n", PrimitiveType("int"), nullable=False)
    >>> [c.message for c in compare([n], [Column("n", PrimitiveType("bigint"), nullable=False)])]
    ['n: int became bigint']
    """
    before = {column.name: column for column in old}
    after = {column.name: column for column in new}
    changes = [
        Change(name, f"{name} was dropped", compatible=False)
        for name in before
        if name not in after
    ]
    for name, column in after.items():
        if name not in before:
            kind = "" if column.nullable else " and is required"
            changes.append(Change(name, f"{name} was added{kind}", compatible=column.nullable))
        else:
            changes += _column_changes(before[name], column)
    return changes


def _column_changes(old: Column, new: Column) -> list[Change]:
    changes = []
    if old.nullable and not new.nullable:
        changes.append(Change(new.name, f"{new.name} became required", compatible=False))
    if not old.nullable and new.nullable:
        changes.append(Change(new.name, f"{new.name} became nullable", compatible=True))
    if not _same(old.type, new.type):
        wider = widens(old.type, new.type)
        message = f"{new.name}: {old.type} became {new.type}"
        changes.append(Change(new.name, message, compatible=wider, widens=wider))
    return changes


def widens(old: ColumnType, new: ColumnType) -> bool:
    """Whether every value of the old type is one of the new type, by Iceberg's rules of promotion."""
    match old, new:
        case PrimitiveType(a), PrimitiveType(b):
            return (a, b) in _WIDER
        case DecimalType(p, s), DecimalType(q, t):
            return s == t and q > p
        case _:
            return False


def _same(old: ColumnType, new: ColumnType) -> bool:
    """Whether types are equal; whether what a list, map or struct holds may be null is checked row by row."""
    match old, new:
        case ArrayType(a), ArrayType(b):
            return _same(a, b)
        case MapType(a), MapType(b):
            return _same(a, b)
        case StructType(a), StructType(b):
            return [c.name for c in a] == [c.name for c in b] and all(
                _same(x.type, y.type) for x, y in zip(a, b, strict=True)
            )
        case _:
            return old == new
