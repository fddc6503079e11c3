"""Converts numbers of a file's own types to declared types, and to text."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from alur.contracts.columns import ColumnType, DecimalType
from alur.runtime.engines.java_numbers import java_text, plain_text
from alur.runtime.landing.arrow_schema import arrow_type
from alur.runtime.landing.element_wise import converted_each, refuse_where
from alur.runtime.landing.text_values import decimal_of


def exact_number(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return numbers as integers, which must be exact, or as decimals, rounded half up."""
    target = arrow_type(type_)
    if pa.types.is_float16(values.type):
        values = pc.cast(values, pa.float32())
    try:
        return pc.cast(values, target)
    except pa.ArrowInvalid:
        return converted_each(values, _exact(type_), target)


def _exact(type_: ColumnType) -> Callable[[Any], Any]:
    if isinstance(type_, DecimalType):
        return lambda value: decimal_of(_decimal(value), type_)
    bits = 31 if str(type_) == "int" else 63

    def integer(value: Any) -> int:
        if not math.isfinite(value) or value != int(value) or not -(1 << bits) <= value < 1 << bits:
            raise ValueError(value)
        return int(value)

    return integer


def _decimal(value: int | float | Decimal) -> Decimal:
    if not isinstance(value, float):
        return Decimal(value)
    digits = plain_text(value)
    if digits is None:
        raise ValueError(value)
    return Decimal(digits)


def float_as_decimal(values: pa.Array, type_: DecimalType) -> pa.Array:
    """Return the decimals of each number's digits in Spark's text."""
    return converted_each(pc.cast(values, pa.float64()), _exact(type_), arrow_type(type_))


def integer_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return integers as floating-point numbers; an integer without an exact one does not fit."""
    target = arrow_type(type_)

    def exact(value: int) -> float:
        number: float = pa.scalar(float(value)).cast(target, safe=False).as_py()
        if int(number) != value:
            raise ValueError(value)
        return number

    try:
        return pc.cast(values, target)
    except pa.ArrowInvalid:
        return converted_each(values, exact, target)


def float_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return numbers in another width, and NaN without a sign; a number that becomes infinite does not fit."""
    numbers = pc.cast(values, arrow_type(type_))
    refuse_where(
        pc.and_(pc.is_inf(numbers), pc.invert(pc.is_inf(pc.cast(values, pa.float64())))), values
    )
    # Sail orders numbers by their bits, so a NaN with a sign would be below all others.
    return pc.if_else(pc.is_nan(numbers), pa.scalar(math.nan, numbers.type), numbers)


def decimal_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return the nearest floating-point numbers."""
    # Conversion by way of text rounds once, and correctly.
    return pc.cast(pc.cast(values, pa.string()), arrow_type(type_))


def float_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return numbers as Java, and so Spark, writes them."""
    if pa.types.is_float16(values.type):
        values = pc.cast(values, pa.float32())
    single = pa.types.is_float32(values.type)
    return converted_each(values, lambda value: java_text(value, single=single), pa.string())


def decimal_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return decimals as Java, and so Spark, writes them."""
    # As java.math.BigDecimal, by the same rule as Python (https://speleotrove.com/decimal/daconvs.html).
    return converted_each(values, str, pa.string())
