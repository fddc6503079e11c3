"""Results of Python functions: those that Sail and Spark turn into the same values.

Spark receives a result as Java's object and keeps what it can convert: 1e16 becomes the text ``1.0E16``, ``True`` no
number but null. Sail converts by Python's rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any

from pyspark.sql import types as T

from alur.analysis.limits import MARK

_CLASSES: dict[type[T.DataType], tuple[type, ...]] = {
    T.StringType: (str,),
    T.BooleanType: (bool,),
    T.FloatType: (float,),
    T.DoubleType: (float,),
    T.DateType: (date,),
    T.TimestampType: (datetime,),
    T.BinaryType: (bytes, bytearray),
}
"""The classes of results; Spark reads no subclass, such as numpy's numbers or an Enum of texts."""
_BITS: dict[type[T.DataType], int] = {
    T.ByteType: 8,
    T.ShortType: 16,
    T.IntegerType: 32,
    T.LongType: 64,
}
_AS_TEXT = (bool, int)
"""The classes that both engines also write alike where a function returns one text."""


def only_spark_values(
    function: Callable[..., Any], declared: T.DataType | None
) -> Callable[..., Any]:
    """Return a function that fails on a result for which Sail's value may differ from Spark's; the run then moves.

    Args:
        declared: the type of the function's results; None if it is unknown.

    >>> only_spark_values(len, T.IntegerType())("abc")
    3
    >>> only_spark_values(str.split, T.ArrayType(T.IntegerType()))("1 2")
    Traceback (most recent call last):
    TypeError: Sail differs from Spark for a list that a Python function returns as array<int>
    """

    if declared is None:
        return function
    is_text, shown = isinstance(declared, T.StringType), declared.simpleString()

    @wraps(function)
    def call(*values: Any) -> Any:
        result = function(*values)
        if fits(result, declared) or (is_text and type(result) in _AS_TEXT):
            return result
        kind = type(result).__name__
        raise TypeError(f"{MARK}a {kind} that a Python function returns as {shown}")

    return call


def fits(value: Any, declared: T.DataType) -> bool:
    """Return whether both engines turn a value into the same one of a type.

    >>> fits(["a", None], T.ArrayType(T.StringType())), fits([b"a"], T.ArrayType(T.StringType()))
    (True, False)
    >>> fits(2**31, T.IntegerType()), fits(True, T.IntegerType()), fits(1, T.DoubleType())
    (False, False, False)
    """
    if value is None:
        return True
    match declared:
        case T.DecimalType():
            return type(value) is Decimal and _has_digits_of(value, declared)
        case T.IntegralType():
            limit = 1 << (_BITS[type(declared)] - 1)
            return type(value) is int and -limit <= value < limit
        case T.ArrayType():
            return type(value) in (list, tuple) and all(
                fits(element, declared.elementType) for element in value
            )
        case T.MapType():
            return type(value) is dict and all(
                key is not None and fits(key, declared.keyType) and fits(item, declared.valueType)
                for key, item in value.items()
            )
        case _:
            classes = _CLASSES.get(type(declared))
            return classes is None or type(value) in classes


def _has_digits_of(value: Decimal, declared: T.DecimalType) -> bool:
    """Return whether a decimal needs no rounding.

    >>> [_has_digits_of(Decimal(text), T.DecimalType(4, 2)) for text in ("1.5", "1.239", "100", "NaN")]
    [True, False, False, False]
    """
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    return (
        -exponent <= declared.scale
        and len(digits) + exponent <= declared.precision - declared.scale
    )
