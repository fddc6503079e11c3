"""The words shared by export and import of the Open Data Contract Standard v3.1 (https://bitol-io.github.io/open-data-contract-standard/)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from math import isfinite
from typing import Any

from alur.contracts.columns import (
    ArrayType,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveName,
    PrimitiveType,
)
from alur.contracts.rules import RuleKind

API_VERSION = "v3.1.0"

# What the standard has no word for stands in customProperties, under these names.
CLASS = "alurClass"
LAYER = "alurLayer"
MODE = "alurMode"
PARTITION_BY = "alurPartitionBy"
TAGS = "alurTags"
ON_VIOLATION = "alurOnViolation"
KEEP = "alurKeep"
KEEP_SNAPSHOTS = "alurKeepSnapshots"
SYSTEM = "alurSystem"
HOLDS_NO = "alurHoldsNo"
RULES = "alurRules"

LOGICAL: dict[PrimitiveName, str] = {
    "string": "string",
    "bigint": "integer",
    "int": "integer",
    "double": "number",
    "float": "number",
    "boolean": "boolean",
    "binary": "string",
    "date": "date",
    "timestamp": "timestamp",
}

BOUNDS: dict[str, RuleKind] = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
}

_DIGITS = 400
"""More than any number of a double has."""


def logical_type(type_: ColumnType) -> str:
    """Return the standard's own type.

    >>> logical_type(DecimalType(12, 2))
    'number'
    """
    match type_:
        case PrimitiveType(name):
            return LOGICAL[name]
        case DecimalType():
            return "number"
        case ArrayType():
            return "array"
        case _:
            return "object"


def options(type_: ColumnType) -> Mapping[str, RuleKind]:
    """Return the rules that a type's ``logicalTypeOptions`` can say.

    >>> sorted(options(PrimitiveType("boolean")))
    []
    """
    match type_:
        case PrimitiveType("string"):
            return {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"}
        case PrimitiveType("binary"):
            return {"minLength": "min_length", "maxLength": "max_length"}
        case ArrayType():
            return {"minItems": "min_length", "maxItems": "max_length"}
        case MapType():
            return {"minProperties": "min_length", "maxProperties": "max_length"}
        case PrimitiveType("boolean"):
            return {}
        case PrimitiveType() | DecimalType():
            return BOUNDS
        case _:
            return {}


def bound_text(value: object) -> object:
    """Return a bound as a document has it: dates as text, numbers as numbers.

    >>> bound_text(date(2026, 1, 2)), bound_text(Decimal("0.5")), bound_text(3)
    ('2026-01-02', 0.5, 3)
    """
    match value:
        case date():
            return value.isoformat()
        case Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
        case float() if not isfinite(value):
            return None
        case str() | int() | float():
            return value
        case _:
            return None


def bound_value(shown: Any, type_: ColumnType) -> object:
    """Return the bound of a document as a rule has it.

    Raises:
        ValueError: it is not a value of the type.

    >>> bound_value(0.5, DecimalType(3, 1)), bound_value("2026-01-02", PrimitiveType("date"))
    (Decimal('0.5'), datetime.date(2026, 1, 2))
    """
    match type_:
        case PrimitiveType("date") if isinstance(shown, str):
            return date.fromisoformat(shown)
        case PrimitiveType("timestamp") if isinstance(shown, str):
            instant = datetime.fromisoformat(shown)
            return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)
        case PrimitiveType("date" | "timestamp"):
            raise ValueError(f"{shown!r} is not a date")
    if isinstance(shown, bool) or not isinstance(shown, int | float):
        raise ValueError(f"{shown!r} is not a number")
    if not _is_usual(shown):
        raise ValueError(f"{shown!r} is not a finite number")
    if isinstance(type_, DecimalType) and isinstance(shown, float):
        return Decimal(repr(shown))
    return shown


def _is_usual(number: int | float | Decimal) -> bool:
    """Return whether a number is finite, and not so long that computing with it would take all memory."""
    if isinstance(number, Decimal):
        return number.is_finite() and abs(number.adjusted()) <= _DIGITS
    return isfinite(number) if isinstance(number, float) else abs(number) < 10**_DIGITS


def exact_text(value: object) -> list[object]:
    """Return a rule's value with its type, for values that a document's numbers do not hold.

    >>> exact_text(Decimal("0.10"))
    ['decimal', '0.10']
    """
    match value:
        case Decimal():
            return ["decimal", str(value)]
        case datetime():
            return ["timestamp", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case float():
            return ["double", repr(value)]
        case tuple():
            return ["texts", list(value)]
        case str():
            return ["text", value]
        case _:
            return ["integer", value]


def exact_value(shown: Any) -> object:
    """Return the value that :func:`exact_text` wrote.

    Raises:
        ValueError: it is none of these.

    >>> exact_value(["decimal", "0.10"])
    Decimal('0.10')
    """
    match shown:
        case ["decimal", str(text)]:
            try:
                number = Decimal(text)
            except ArithmeticError:
                raise ValueError(f"{text!r} is not a decimal") from None
            if not _is_usual(number):
                raise ValueError(f"{text!r} is too long a decimal")
            return number
        case ["timestamp", str(text)]:
            return datetime.fromisoformat(text)
        case ["date", str(text)]:
            return date.fromisoformat(text)
        case ["double", str(text)]:
            return float(text)
        case ["texts", [*values]] if all(isinstance(value, str) for value in values):
            return tuple(values)
        case ["text", str(text)]:
            return text
        case ["integer", int(number)]:
            return number
    raise ValueError(f"{shown!r} is not a value")
