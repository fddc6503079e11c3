"""Values of a file's own types as values of declared types: every one exactly, or refused.

Rounding is allowed where a type means it: decimals to their places (half up, as in Spark), and what becomes floating-point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from alur.contracts.columns import (
    ArrayType,
    Column,
    ColumnType,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)
from alur.runtime.java_numbers import java_text, plain_text
from alur.runtime.landing.arrow_schema import arrow_type
from alur.runtime.landing.bad_values import BadValue
from alur.runtime.landing.element_wise import converted_each, refuse_where
from alur.runtime.landing.text_values import decimal_of, typed

_FIRST_DAY, _LAST_DAY = (
    (day - date(1970, 1, 1)).days for day in (date(1, 1, 1), date(9999, 12, 31))
)
_DAY = 86_400_000_000
_FIRST, _LAST = _FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1
_INSTANT = pa.timestamp("us", tz="UTC")


class Inconvertible(Exception):
    """A type whose values cannot become the declared one."""


def converted(values: pa.Array | pa.ChunkedArray, type_: ColumnType) -> pa.Array:
    """Return values as a declared type; null stays null.

    Raises:
        Inconvertible: no value of the type could.
        BadValue: the first value that does not fit.
    """
    found = _unwrapped(values)
    if pa.types.is_null(found.type):
        return pa.nulls(len(found), arrow_type(type_))
    match type_:
        case ArrayType(element):
            return _list(found, element)
        case MapType(value):
            return _map(found, value)
        case StructType(fields):
            return _struct(found, fields)
        case _:
            return _conversion(found.type, type_)(found, type_)


def _unwrapped(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the plain array behind chunks, categories and extension types."""
    found = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(found, pa.ExtensionArray):
        found = found.storage
    return found.dictionary_decode() if isinstance(found, pa.DictionaryArray) else found


def _conversion(found: pa.DataType, type_: ColumnType) -> Callable[[pa.Array, Any], pa.Array]:
    """Return the function that converts values of one type into another."""
    kind = "decimal" if isinstance(type_, DecimalType) else str(type_)
    for test, conversions in _CONVERSIONS:
        if test(found) and kind in conversions:
            return conversions[kind]
    raise Inconvertible(found)


def _text(values: pa.Array, type_: ColumnType) -> pa.Array:
    return typed(pc.cast(values, pa.string()), type_)


def _narrowed(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return numbers as integers, or as decimals where that loses nothing."""
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


def _float_as_decimal(values: pa.Array, type_: DecimalType) -> pa.Array:
    """Return the decimals of the digits that Spark shows of each number."""
    return converted_each(pc.cast(values, pa.float64()), _exact(type_), arrow_type(type_))


def _integer_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    target = arrow_type(type_)

    def exact(value: int) -> float:
        found: float = pa.scalar(float(value)).cast(target, safe=False).as_py()
        if int(found) != value:
            raise ValueError(value)
        return found

    try:
        return pc.cast(values, target)
    except pa.ArrowInvalid:
        return converted_each(values, exact, target)


def _float_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    found = pc.cast(values, arrow_type(type_))
    refuse_where(
        pc.and_(pc.is_inf(found), pc.invert(pc.is_inf(pc.cast(values, pa.float64())))), values
    )
    return found


def _decimal_as_float(values: pa.Array, type_: ColumnType) -> pa.Array:
    # By way of text, which is rounded once and rightly.
    return pc.cast(pc.cast(values, pa.string()), arrow_type(type_))


def _cast(values: pa.Array, type_: ColumnType) -> pa.Array:
    return pc.cast(values, arrow_type(type_))


def _float_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    if pa.types.is_float16(values.type):
        values = pc.cast(values, pa.float32())
    single = pa.types.is_float32(values.type)
    return converted_each(values, lambda value: java_text(value, single=single), pa.string())


def _decimal_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    # As java.math.BigDecimal, by a rule that Python shares (https://speleotrove.com/decimal/daconvs.html).
    return converted_each(values, str, pa.string())


def _instant(values: pa.Array, type_: ColumnType) -> pa.Array:
    """Return instants in microseconds; what is finer, or beyond the years 1 to 9999, does not fit."""
    unit = values.type.unit
    count = pc.cast(values, pa.int64())
    if unit == "ns":
        whole = pc.divide(pc.subtract(count, _modulo(count, 1_000)), 1_000)
        refuse_where(pc.not_equal(pc.multiply(whole, 1_000), count), pc.cast(values, pa.string()))
    else:
        factor = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
        beyond = pc.or_(pc.less(count, _FIRST // factor), pc.greater(count, _LAST // factor))
        refuse_where(beyond, count)
        whole = pc.multiply(count, factor)
    return pc.cast(whole, _INSTANT)


def _modulo(count: pa.Array, by: int) -> pa.Array:
    """Return the remainder, which is never negative."""
    rest = pc.subtract(count, pc.multiply(pc.divide(count, by), by))
    return pc.if_else(pc.less(rest, 0), pc.add(rest, by), rest)


def _instant_as_date(values: pa.Array, type_: ColumnType) -> pa.Array:
    micros = pc.cast(_instant(values, type_), pa.int64())
    refuse_where(pc.not_equal(_modulo(micros, _DAY), 0), pc.cast(values, pa.string()))
    days = pc.divide(pc.subtract(micros, _modulo(micros, _DAY)), _DAY)
    return pc.cast(pc.cast(days, pa.int32()), pa.date32())


def _date(values: pa.Array, type_: ColumnType) -> pa.Array:
    found = pc.cast(values, pa.date32())
    days = pc.cast(found, pa.int32())
    refuse_where(pc.or_(pc.less(days, _FIRST_DAY), pc.greater(days, _LAST_DAY)), days)
    return found


def _date_as_instant(values: pa.Array, type_: ColumnType) -> pa.Array:
    return pc.cast(pc.cast(_date(values, type_), pa.timestamp("us")), _INSTANT)


def _date_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    return pc.cast(_date(values, type_), pa.string())


def _instant_as_text(values: pa.Array, type_: ColumnType) -> pa.Array:
    def text(moment: datetime) -> str:
        shown = moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(" ")
        return shown.rstrip("0") if "." in shown else shown

    return converted_each(_instant(values, type_), text, pa.string())


def _list(values: pa.Array, element: ColumnType) -> pa.Array:
    type_ = values.type
    if not (
        pa.types.is_list(type_)
        or pa.types.is_large_list(type_)
        or pa.types.is_fixed_size_list(type_)
    ):
        raise Inconvertible(type_)
    inner = _within(values, lambda: converted(pc.list_flatten(values), element))
    target = arrow_type(ArrayType(element, element_nullable=True))
    return pa.ListArray.from_arrays(_offsets(values), inner, type=target, mask=pc.is_null(values))


def _map(values: pa.Array, value: ColumnType) -> pa.Array:
    if not pa.types.is_map(values.type):
        raise Inconvertible(values.type)
    target = arrow_type(MapType(value, value_nullable=True))
    pairs = values.cast(
        pa.list_(pa.struct([("key", values.type.key_type), ("value", values.type.item_type)]))
    )
    flat = pc.list_flatten(pairs)
    keys = _within(values, lambda: converted(pc.struct_field(flat, "key"), PrimitiveType("string")))
    items = _within(values, lambda: converted(pc.struct_field(flat, "value"), value))
    offsets = _offsets(pairs)
    # Arrow marks a null map by a null where it begins.
    begins = pc.if_else(pa.concat_arrays([pc.is_null(values), pa.array([False])]), None, offsets)
    return pa.MapArray.from_arrays(begins, keys, items).cast(target)


def _struct(values: pa.Array, fields: tuple[Column, ...]) -> pa.Array:
    type_ = values.type
    if not pa.types.is_struct(type_):
        raise Inconvertible(type_)
    names = [type_.field(n).name for n in range(type_.num_fields)]
    lacking = [f.name for f in fields if f.name not in names and not f.nullable]
    if lacking or not set(names) <= {f.name for f in fields}:
        raise Inconvertible(type_)
    children = [
        _within(values, lambda f=f: converted(pc.struct_field(values, f.name), f.type))  # type: ignore[misc]
        if f.name in names
        else pa.nulls(len(values), arrow_type(f.type))
        for f in fields
    ]
    target = arrow_type(StructType(fields))
    return pa.StructArray.from_arrays(children, fields=list(target), mask=pc.is_null(values))


def _within(values: pa.Array, convert: Callable[[], pa.Array]) -> pa.Array:
    """Convert what values hold; a bad value within has no row of its own."""
    try:
        return convert()
    except BadValue as error:
        raise BadValue(0, error.shown) from None


def _offsets(values: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.cast(pc.list_value_length(values), pa.int32()), 0)
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])


_Conversions = dict[str, Callable[[pa.Array, Any], pa.Array]]

_CONVERSIONS: list[tuple[Callable[[pa.DataType], bool], _Conversions]] = [
    (
        lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
        dict.fromkeys(
            (
                "string",
                "bigint",
                "int",
                "double",
                "float",
                "decimal",
                "boolean",
                "date",
                "timestamp",
            ),
            _text,
        ),
    ),
    (
        pa.types.is_integer,
        {
            "bigint": _narrowed,
            "int": _narrowed,
            "decimal": _narrowed,
            "double": _integer_as_float,
            "float": _integer_as_float,
            "string": _cast,
        },
    ),
    (
        pa.types.is_floating,
        {
            "bigint": _narrowed,
            "int": _narrowed,
            "decimal": _float_as_decimal,
            "double": _float_as_float,
            "float": _float_as_float,
            "string": _float_as_text,
        },
    ),
    (
        pa.types.is_decimal,
        {
            "bigint": _narrowed,
            "int": _narrowed,
            "decimal": _narrowed,
            "double": _decimal_as_float,
            "float": _decimal_as_float,
            "string": _decimal_as_text,
        },
    ),
    (pa.types.is_boolean, {"boolean": _cast, "string": _cast}),
    (
        pa.types.is_date,
        {"date": _date, "timestamp": _date_as_instant, "string": _date_as_text},
    ),
    (
        pa.types.is_timestamp,
        {"timestamp": _instant, "date": _instant_as_date, "string": _instant_as_text},
    ),
    (
        lambda t: (
            pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t)
        ),
        {"binary": _cast},
    ),
]
"""What becomes of a file's types: the first row whose test holds."""
