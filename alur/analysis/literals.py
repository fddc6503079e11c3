"""Literals of a plan: their types and values."""

from __future__ import annotations

from decimal import Decimal
from math import copysign
from typing import Any

from pyspark.sql import types as T

from alur.analysis.signatures import Argument

_TYPES: dict[str, T.DataType] = {
    "binary": T.BinaryType(),
    "boolean": T.BooleanType(),
    "byte": T.ByteType(),
    "short": T.ShortType(),
    "integer": T.IntegerType(),
    "long": T.LongType(),
    "float": T.FloatType(),
    "double": T.DoubleType(),
    "string": T.StringType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "timestamp_ntz": T.TimestampNTZType(),
}


_MISSING_DAYS = range(-141437, -141427)
"""From 1582-10-05 to 1582-10-14: the Julian calendar passes from the 4th to the 15th."""
_FIRST_DAY = -719162
"""0001-01-01."""
_DAY = 24 * 60 * 60 * 1_000_000


def literal_argument(literal: Any) -> Argument | None:
    """Return a literal as an argument; None if no certificate covers its kind."""
    kind = literal.WhichOneof("literal_type")
    if kind in _TYPES:
        return Argument(_TYPES[kind], is_literal=True, value=getattr(literal, kind))
    if kind == "null":
        return Argument(T.NullType(), is_literal=True)
    if kind == "decimal":
        return _decimal(literal.decimal)
    if kind == "array":
        return _array(literal.array)
    return None


_BEFORE_GREGORIAN = (
    "a date or time before 1582-10-15",
    "PySpark passes it to Java by a calendar that Sail does not have",
)
_NEGATIVE_ZERO = ("the literal -0.0", "Spark's optimizer may take it for 0.0")


def literal_difference(argument: Argument) -> tuple[str, str] | None:
    """Return the subject and the reason of a finding for a literal; None if both engines read it alike.

    >>> literal_difference(Argument(T.DoubleType(), is_literal=True, value=-0.0))
    ('the literal -0.0', "Spark's optimizer may take it for 0.0")
    """
    if _is_before_gregorian(argument):
        return _BEFORE_GREGORIAN
    value = argument.value
    is_negative_zero = isinstance(value, float) and not value and copysign(1, value) < 0
    return _NEGATIVE_ZERO if is_negative_zero else None


def _is_before_gregorian(argument: Argument) -> bool:
    """Return whether a literal is a date or time that classic PySpark passes to Java's older calendar.

    >>> _is_before_gregorian(Argument(T.DateType(), is_literal=True, value=-141430))  # 1582-10-12
    True
    >>> _is_before_gregorian(Argument(T.DateType(), is_literal=True, value=-141438))  # 1582-10-04
    False
    """
    match argument.type:
        case T.DateType():
            return argument.value in _MISSING_DAYS or argument.value <= _FIRST_DAY
        case T.TimestampType():
            return bool(argument.value < _MISSING_DAYS.stop * _DAY)
        case _:
            return False


def _decimal(literal: Any) -> Argument:
    value = Decimal(literal.value)
    return Argument(size_of(value), is_literal=True, value=value)


def size_of(value: Decimal) -> T.DecimalType:
    """Return the type of the written digits, as on Spark; PySpark's Connect gives every literal (10,0).

    >>> size_of(Decimal("0.05")), size_of(Decimal("100"))
    (DecimalType(2,2), DecimalType(3,0))
    """
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    return T.DecimalType(max(len(digits) + max(0, int(exponent)), scale, 1), scale)


def _array(literal: Any) -> Argument | None:
    elements = [literal_argument(element) for element in literal.elements]
    types = {type(e.type) for e in elements if e}
    if not elements or None in elements or len(types) != 1 or elements[0] is None:
        return None
    value = [element.value for element in elements if element]
    return Argument(T.ArrayType(elements[0].type), is_literal=True, value=value)
