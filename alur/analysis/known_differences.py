"""Differences between Sail and Spark that the types in a certificate cannot express."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.nested_values import (
    compares_nested_floats,
    compares_unlike_structs,
    holds_floats,
)
from alur.analysis.signatures import Argument

_BY_PLACE = ("getitem", "get")
_WITHOUT_CONVERSION = ("struct", "named_struct", "fillna", "agg count", "agg count distinct")
_DOUBLE_DIGITS, _FLOAT_DIGITS = 15, 7
"""Every decimal of so many digits is a quotient of two exact numbers of that type, and so rounded once."""

_OF_DOUBLES = ("degrees", "radians", "sign", "signum", "sqrt")
"""Functions that make a double of every number."""

_CLOCK = ("epoch", "now", "today", "tomorrow", "yesterday")


def known_difference(subject: str, arguments: Sequence[Argument]) -> str | None:
    """Return why Sail may differ from Spark for these arguments; None if nothing is known.

    >>> price, rate = Argument(T.DecimalType(18, 2)), Argument(T.DoubleType())
    >>> known_difference("*", [price, rate])
    'Sail rounds decimals of more than 15 digits twice when it makes them floating-point numbers'
    """
    if subject in _BY_PLACE and _is_negative(arguments[-1]):
        return "before an array's first element Sail counts from its end, Spark gives null"
    if compares_nested_floats(subject, arguments):
        return "it compares floating-point numbers within another value, where Sail distinguishes -0.0 from 0.0"
    if compares_unlike_structs(subject, arguments):
        return "it compares structs of different fields, or with maps, which Spark refuses"
    if _chooses_among_zeros(subject, arguments):
        return (
            "it chooses among more than two floating-point numbers, where Sail tells -0.0 from 0.0"
        )
    if _is_time_as_float(subject, arguments):
        return "the last bit of Sail's seconds may differ from Spark's"
    if digits := _digits_rounded_twice(subject, arguments):
        return (
            f"Sail rounds decimals of more than {digits} digits twice when it makes them "
            "floating-point numbers"
        )
    if _reads_clock(arguments):
        return "Spark reads this text as a time of its clock, Sail does not"
    return None


def _is_negative(argument: Argument) -> bool:
    return isinstance(argument.value, int) and argument.value < 0


def _chooses_among_zeros(subject: str, arguments: Sequence[Argument]) -> bool:
    return (
        subject in ("greatest", "least")
        and len(arguments) > 2
        and any(holds_floats(argument.type) for argument in arguments)
    )


def _is_time_as_float(subject: str, arguments: Sequence[Argument]) -> bool:
    # The second argument is the type to cast to.
    return (
        subject == "cast"
        and isinstance(arguments[0].type, T.TimestampType)
        and holds_floats(arguments[1].type)
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


def _reads_clock(arguments: Sequence[Argument]) -> bool:
    """Return whether a text such as ``now`` meets a date or a timestamp.

    (https://spark.apache.org/docs/3.5.3/sql-ref-literals.html)
    """
    if not any(isinstance(argument.type, T.DateType | T.TimestampType) for argument in arguments):
        return False
    texts = (a.value.strip().lower() for a in arguments if isinstance(a.value, str))
    return any(text.startswith(_CLOCK) for text in texts)
