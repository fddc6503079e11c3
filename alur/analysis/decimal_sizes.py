"""The sizes of decimals from Spark's operators, by its DecimalPrecision rules (3.5, not ANSI).

https://github.com/apache/spark/blob/v3.5.6/sql/catalyst/src/main/scala/org/apache/spark/sql/catalyst/analysis/DecimalPrecision.scala
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import types as T

MOST = 38
_LEAST_SCALE = 6
"""The number of decimal places to keep, if there are as many, when a size exceeds the maximum."""

_INTEGERS: dict[type[T.DataType], int] = {
    T.ByteType: 3,
    T.ShortType: 5,
    T.IntegerType: 10,
    T.LongType: 20,
}

Size = Callable[[T.DecimalType, T.DecimalType], T.DecimalType]


def as_decimal(type_: T.DataType, literal: object = None) -> T.DecimalType | None:
    """Return a number's decimal type beside a decimal; None if it has none.

    A literal is as long as its digits, a column as long as its longest possible value.

    >>> as_decimal(T.IntegerType()), as_decimal(T.IntegerType(), 100)
    (DecimalType(10,0), DecimalType(3,0))
    """
    if isinstance(type_, T.DecimalType):
        return type_
    if type(type_) not in _INTEGERS:
        return None
    if isinstance(literal, int):
        return T.DecimalType(len(str(abs(literal))), 0)
    return T.DecimalType(_INTEGERS[type(type_)], 0)


def bounded(precision: int, scale: int) -> T.DecimalType:
    """Return a size cut off at the maximum."""
    return T.DecimalType(min(precision, MOST), min(scale, MOST))


def _adjusted(precision: int, scale: int) -> T.DecimalType:
    """Return a size that fits; digits before the point take precedence over those after it."""
    if precision <= MOST:
        return T.DecimalType(precision, scale)
    kept = max(MOST - (precision - scale), min(scale, _LEAST_SCALE))
    return T.DecimalType(MOST, kept)


def added(left: T.DecimalType, right: T.DecimalType) -> T.DecimalType:
    """Return the size of a sum or difference.

    >>> added(T.DecimalType(12, 2), T.DecimalType(10, 4))
    DecimalType(15,4)
    """
    scale = max(left.scale, right.scale)
    return _adjusted(max(_whole(left), _whole(right)) + scale + 1, scale)


def multiplied(left: T.DecimalType, right: T.DecimalType) -> T.DecimalType:
    """Return the size of a product."""
    return _adjusted(left.precision + right.precision + 1, left.scale + right.scale)


def divided(left: T.DecimalType, right: T.DecimalType) -> T.DecimalType:
    """Return the size of a quotient.

    >>> divided(T.DecimalType(12, 2), T.DecimalType(12, 2))
    DecimalType(27,15)
    """
    scale = max(_LEAST_SCALE, left.scale + right.precision + 1)
    return _adjusted(_whole(left) + right.scale + scale, scale)


def remainder(left: T.DecimalType, right: T.DecimalType) -> T.DecimalType:
    """Return the size of a remainder."""
    scale = max(left.scale, right.scale)
    return _adjusted(min(_whole(left), _whole(right)) + scale, scale)


def widest(left: T.DecimalType, right: T.DecimalType) -> T.DecimalType:
    """Return the smallest size that holds values of both."""
    scale = max(left.scale, right.scale)
    return bounded(max(_whole(left), _whole(right)) + scale, scale)


def rounded(given: T.DecimalType, places: int) -> T.DecimalType:
    """Return the size of ``round(x, places)``.

    >>> rounded(T.DecimalType(12, 4), 2)
    DecimalType(11,2)
    """
    whole = _whole(given) + 1
    if places < 0:
        return T.DecimalType(min(max(whole, 1 - places), MOST), 0)
    scale = min(given.scale, places)
    return T.DecimalType(min(whole + scale, MOST), scale)


def _whole(given: T.DecimalType) -> int:
    return given.precision - given.scale
