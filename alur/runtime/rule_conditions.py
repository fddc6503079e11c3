"""A contract's rules as conditions on rows."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from alur.contracts.columns import ArrayType, ColumnType, MapType, PrimitiveType, StructType
from alur.contracts.contract import Contract
from alur.contracts.patterns import portable
from alur.contracts.rules import Rule

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn


def violated(rule: Rule, contract: Contract) -> SparkColumn:
    """Return whether a row breaks a rule on one column; never null."""
    name, *path = rule.columns[0].split(".")
    column = contract.column(name)
    assert column is not None, f"{rule} names a column of its own contract"
    return F.coalesce(_breaks(F.col(f"`{name}`"), column.type, path, rule), F.lit(False))


def _breaks(value: SparkColumn, type_: ColumnType, path: list[str], rule: Rule) -> SparkColumn:
    """Return whether anything at ``path`` within a value breaks the rule."""
    if not path:
        return _broken_by(value, type_, rule)
    head, *rest = path
    match type_:
        case StructType(fields):
            field = next(field for field in fields if field.name == head)
            inner = _breaks(value.getField(head), field.type, rest, rule)
            return value.isNotNull() & inner
        case ArrayType(element):
            return F.exists(value, lambda item: _breaks(item, element, rest, rule))
        case MapType(inner_type):
            return F.exists(F.map_values(value), lambda item: _breaks(item, inner_type, rest, rule))
        case _:
            raise AssertionError(f"{type_} has no {head!r}")


def _broken_by(value: SparkColumn, type_: ColumnType, rule: Rule) -> SparkColumn:
    bound = _literal(rule.value)
    match rule.kind:
        case "not_null":
            return value.isNull()
        case "ge":
            return value < bound
        case "gt":
            return value <= bound
        case "le":
            return value > bound
        case "lt":
            return value >= bound
        case "min_length":
            return _length(value, type_) < bound
        case "max_length":
            return _length(value, type_) > bound
        case "pattern":
            return ~value.rlike(portable(str(rule.value)))
        case "one_of":
            assert isinstance(rule.value, tuple)
            return ~value.isin(*rule.value)
        case _:
            raise AssertionError(f"{rule.kind} is not a rule on one value")


def _literal(bound: Any) -> SparkColumn:
    if isinstance(bound, tuple):
        return F.lit(None)  # a set of values is not a bound
    if isinstance(bound, datetime) and bound.tzinfo is None:
        # PySpark would read it as a time on this machine's clock.
        bound = bound.replace(tzinfo=timezone.utc)
    return F.lit(bound)


def _length(value: SparkColumn, type_: ColumnType) -> SparkColumn:
    if isinstance(type_, PrimitiveType):
        return F.length(value)
    # Spark gives a null list the length -1.
    return F.when(value.isNotNull(), F.size(value))
