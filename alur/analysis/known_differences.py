"""Differences between Sail and Spark that the types in a certificate cannot express."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.nested_values import (
    compares_nested_floats,
    compares_unlike_structs,
    holds_floats,
    types_in,
)
from alur.analysis.signatures import Argument
from alur.analysis.text_differences import text_difference
from alur.analysis.time_differences import FAR_YEARS, time_difference

_BY_PLACE = ("getitem", "get")
_WITHOUT_CONVERSION = ("struct", "named_struct", "fillna", "agg count", "agg count distinct")
_DOUBLE_DIGITS, _FLOAT_DIGITS = 15, 7
"""Every decimal of so many digits is a quotient of two exact numbers of that type, and so rounded once."""

_OF_DOUBLES = ("degrees", "radians", "sign", "signum", "sqrt")
"""Functions that make a double of every number."""

_BATCHES = "it receives rows in batches, and Sail's batches have other rows than Spark's"

_ORDERING_ELEMENTS = ("array_sort", "array_max", "array_min")
_LEFT_TO_SPARK = {
    "rollup": "over no rows, Sail gives the row of the total",
    "cube": "over no rows, Sail gives the row of the total",
    "base64": "Spark breaks lines after 76 characters",
    "get_json_object": "Sail copies numbers, arrays and objects as the text writes them",
    "parse_url": "Sail reads and decodes URLs by other rules",
    "pandas_udf scalar": _BATCHES,
    "pandas_udf scalar iter": _BATCHES,
    "mapInPandas": _BATCHES,
    "mapInArrow": _BATCHES,
    "date_from_unix_date": FAR_YEARS,
    "timestamp_micros": FAR_YEARS,
}
"""Functions that differ for values of any type."""


def known_difference(subject: str, arguments: Sequence[Argument]) -> str | None:
    """Return why Sail may differ from Spark for these arguments; None if nothing is known.

    >>> price, rate = Argument(T.DecimalType(18, 2)), Argument(T.DoubleType())
    >>> known_difference("*", [price, rate])
    'Sail rounds decimals of more than 15 digits twice when it makes them floating-point numbers'
    """
    if subject in _LEFT_TO_SPARK:
        return _LEFT_TO_SPARK[subject]
    if subject in _BY_PLACE and _is_negative(arguments[-1]):
        return "before an array's first element Sail counts from its end, Spark gives null"
    if compares_nested_floats(subject, arguments):
        return "it compares floating-point numbers within another value, where Sail distinguishes -0.0 from 0.0"
    if compares_unlike_structs(subject, arguments):
        return "it compares structs of different fields, or with maps, which Spark refuses"
    if reason := _zero_difference(subject, arguments):
        return reason
    if subject in _ORDERING_ELEMENTS and _has_nested_elements(arguments[0].type):
        return "it orders nested elements, within which Spark puts null first, Sail last"
    if subject == "udf arrow" and _has_whole_numbers(arguments):
        return (
            "a null turns the whole numbers of its batch into floating-point numbers; Sail's "
            "batches have other rows than Spark's"
        )
    if digits := _digits_rounded_twice(subject, arguments):
        return (
            f"Sail rounds decimals of more than {digits} digits twice when it makes them "
            "floating-point numbers"
        )
    if reason := time_difference(subject, arguments):
        return reason
    return text_difference(subject, arguments)


def _is_negative(argument: Argument) -> bool:
    return isinstance(argument.value, int) and argument.value < 0


def _zero_difference(subject: str, arguments: Sequence[Argument]) -> str | None:
    if not any(holds_floats(argument.type) for argument in arguments):
        return None
    if subject in ("greatest", "least") and len(arguments) > 2:
        return (
            "it chooses among more than two floating-point numbers, where Sail tells -0.0 from 0.0"
        )
    if subject == "in" and len(arguments) > 4:
        return "Sail looks up four or more floating-point numbers by their bits, and tells -0.0 from 0.0"
    return None


def _has_nested_elements(type_: T.DataType) -> bool:
    return isinstance(type_, T.ArrayType) and isinstance(
        type_.elementType, T.ArrayType | T.StructType
    )


def _has_whole_numbers(arguments: Sequence[Argument]) -> bool:
    """Return whether Arrow gives a Python function values whose type depends on others of their batch."""
    # A boolean alone is the same among nulls.
    types = [each.type for each in arguments if not isinstance(each.type, T.BooleanType)]
    return any(
        isinstance(inner, T.IntegralType | T.BooleanType)
        for type_ in types
        for inner in types_in(type_)
    )


def _digits_rounded_twice(subject: str, arguments: Sequence[Argument]) -> int | None:
    """Return the digits up to which a conversion from decimal is exact, if an argument has more."""
    if subject in _WITHOUT_CONVERSION:
        return None
    types = [argument.type for argument in arguments]
    if subject == "cast":
        # The second argument is the type to cast to.
        source, target = types
        types = [source, target] if isinstance(source, T.DecimalType) else []
    floats = [type_ for type_ in types if isinstance(type_, T.FloatType | T.DoubleType)]
    if not floats and subject not in _OF_DOUBLES:
        return None
    least = _FLOAT_DIGITS if any(isinstance(t, T.FloatType) for t in floats) else _DOUBLE_DIGITS
    decimals = (type_ for type_ in types if isinstance(type_, T.DecimalType))
    return least if any(type_.precision > least for type_ in decimals) else None
