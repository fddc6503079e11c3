"""Compares two states of a table's columns, and separates compatible changes from breaking ones."""

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
class ColumnChange:
    """One difference between two states of a table.

    Attributes:
        column: the column's name; a dot leads inwards, as in a rule's.
        compatible: whether existing rows still fit, and existing readers still find their columns.
        widens: whether a type became wider or gained a field, so that existing files have another type.
    """

    column: str
    message: str
    compatible: bool
    widens: bool = False


def compare_columns(old: Sequence[Column], new: Sequence[Column]) -> list[ColumnChange]:
    """Return the changes from the old columns to the new ones.

    An added nullable column and a widened type (int to bigint, float to double, a decimal of more digits) are
    compatible, by Iceberg's rules (https://iceberg.apache.org/spec/#schema-evolution), and so they are within nested
    models, lists and dicts. A dropped, narrowed, renamed or newly required column is not; a rename is a dropped and an
    added column. Nullability within a list, map or struct is not compared: a table does not record it, and each write
    checks it.

    >>> from alur.contracts.columns import PrimitiveType
    >>> n = Column("n", PrimitiveType("int"), nullable=False)
    >>> [c.message for c in compare_columns([n], [Column("n", PrimitiveType("bigint"), nullable=False)])]
    ['n: int became bigint']
    """
    before = {column.name: column for column in old}
    after = {column.name: column for column in new}
    changes = [
        ColumnChange(name, f"{name} was dropped", compatible=False)
        for name in before
        if name not in after
    ]
    for name, column in after.items():
        if name not in before:
            kind = "" if column.nullable else " and is required"
            changes.append(
                ColumnChange(name, f"{name} was added{kind}", compatible=column.nullable)
            )
        else:
            changes += _column_changes(before[name], column)
    return changes


def _column_changes(old: Column, new: Column) -> list[ColumnChange]:
    changes = []
    if old.nullable and not new.nullable:
        changes.append(ColumnChange(new.name, f"{new.name} became required", compatible=False))
    if not old.nullable and new.nullable:
        changes.append(ColumnChange(new.name, f"{new.name} became nullable", compatible=True))
    return changes + _type_changes(new.name, old.type, new.type)


def _type_changes(path: str, old: ColumnType, new: ColumnType) -> list[ColumnChange]:
    match old, new:
        case ArrayType(a), ArrayType(b):
            return _type_changes(f"{path}.element", a, b)
        case MapType(a), MapType(b):
            return _type_changes(f"{path}.value", a, b)
        case StructType(a), StructType(b):
            return _field_changes(path, a, b)
        case _ if old == new:
            return []
        case _:
            wider = widens(old, new)
            return [
                ColumnChange(path, f"{path}: {old} became {new}", compatible=wider, widens=wider)
            ]


def _field_changes(path: str, old: Sequence[Column], new: Sequence[Column]) -> list[ColumnChange]:
    before = {field.name: field for field in old}
    after = {field.name: field for field in new}
    changes = [
        ColumnChange(f"{path}.{name}", f"{path}.{name} was dropped", compatible=False)
        for name in before
        if name not in after
    ]
    for name, field in after.items():
        inner = f"{path}.{name}"
        if name in before:
            changes += _type_changes(inner, before[name].type, field.type)
        elif field.nullable:
            changes.append(ColumnChange(inner, f"{inner} was added", compatible=True, widens=True))
        else:
            message = f"{inner} was added and is required"
            changes.append(ColumnChange(inner, message, compatible=False))
    if [n for n in before if n in after] != [n for n in after if n in before]:
        changes.append(ColumnChange(path, f"{path}: its fields change places", compatible=False))
    return changes


def widens(old: ColumnType, new: ColumnType) -> bool:
    """Return whether every value of the old type is one of the new type, by Iceberg's rules of promotion."""
    match old, new:
        case PrimitiveType(a), PrimitiveType(b):
            return (a, b) in _WIDER
        case DecimalType(p, s), DecimalType(q, t):
            return s == t and q > p
        case _:
            return False
