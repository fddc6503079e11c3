"""Converts values of a file's own types to declared types: each one exactly, or not at all.

Only two conversions round: to decimals, by their places (half up, as in Spark), and to floating-point numbers.
"""

from __future__ import annotations

from collections.abc import Callable
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
from alur.runtime.landing import arrow_numbers as numbers
from alur.runtime.landing import arrow_times as times
from alur.runtime.landing.arrow_schema import arrow_type
from alur.runtime.landing.bad_values import BadValue
from alur.runtime.landing.text_values import typed


class Inconvertible(Exception):
    """A type without a conversion to the declared one."""


def converted(values: pa.Array | pa.ChunkedArray, type_: ColumnType) -> pa.Array:
    """Return values as a declared type; null stays null.

    Raises:
        Inconvertible: the type has no conversion.
        BadValue: the first value that does not fit.
    """
    array = _unwrapped(values)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), arrow_type(type_))
    match type_:
        case ArrayType(element):
            return _list(array, element)
        case MapType(value):
            return _map(array, value)
        case StructType(fields):
            return _struct(array, fields)
        case _:
            return _conversion(array.type, type_)(array, type_)


def _unwrapped(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the plain array behind chunks, categories and extension types."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def _conversion(source: pa.DataType, type_: ColumnType) -> Callable[[pa.Array, Any], pa.Array]:
    """Return the conversion of values of one type into another."""
    kind = "decimal" if isinstance(type_, DecimalType) else str(type_)
    for test, conversions in _CONVERSIONS:
        if test(source) and kind in conversions:
            return conversions[kind]
    raise Inconvertible(source)


def _text(values: pa.Array, type_: ColumnType) -> pa.Array:
    return typed(pc.cast(values, pa.string()), type_)


def _cast(values: pa.Array, type_: ColumnType) -> pa.Array:
    return pc.cast(values, arrow_type(type_))


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
    # Arrow marks a null map by a null offset.
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
    """Convert the contents of values; a bad value within them has no row index."""
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
            "bigint": numbers.exact_number,
            "int": numbers.exact_number,
            "decimal": numbers.exact_number,
            "double": numbers.integer_as_float,
            "float": numbers.integer_as_float,
            "string": _cast,
        },
    ),
    (
        pa.types.is_floating,
        {
            "bigint": numbers.exact_number,
            "int": numbers.exact_number,
            "decimal": numbers.float_as_decimal,
            "double": numbers.float_as_float,
            "float": numbers.float_as_float,
            "string": numbers.float_as_text,
        },
    ),
    (
        pa.types.is_decimal,
        {
            "bigint": numbers.exact_number,
            "int": numbers.exact_number,
            "decimal": numbers.exact_number,
            "double": numbers.decimal_as_float,
            "float": numbers.decimal_as_float,
            "string": numbers.decimal_as_text,
        },
    ),
    (pa.types.is_boolean, {"boolean": _cast, "string": _cast}),
    (
        pa.types.is_date,
        {"date": times.day, "timestamp": times.date_as_instant, "string": times.date_as_text},
    ),
    (
        pa.types.is_timestamp,
        {
            "timestamp": times.instant,
            "date": times.instant_as_date,
            "string": times.instant_as_text,
        },
    ),
    (
        lambda t: (
            pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t)
        ),
        {"binary": _cast},
    ),
]
"""The conversions of a file's types: the first entry whose test holds applies."""
