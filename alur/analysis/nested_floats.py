"""Floating-point numbers within arrays, maps and structs: Sail tells -0.0 from 0.0 where Spark treats them as equal.

Signatures in certificates do not show the fields of a struct, so they cannot show these numbers either.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.signatures import Argument

REASON = "it compares floating-point numbers within another value, where Sail tells -0.0 from 0.0"

_COMPARING = frozenset(
    (
        *("group by", "rollup", "cube", "pivot", "distinct", "partition by", "order in window"),
        *("order by", "intersect", "intersect all", "except", "except all", "agg count distinct"),
        *("==", "<=>", "<", "<=", ">", ">=", "in", "nullif", "greatest", "least"),
    )
)
_COMPARING_ELEMENTS = frozenset(
    (
        *("array_distinct", "array_union", "array_intersect", "array_except", "arrays_overlap"),
        *("array_max", "array_min", "array_sort", "sort_array", "array_position", "array_remove"),
    )
)


def compares_nested_floats(subject: str, arguments: Sequence[Argument]) -> bool:
    """Return whether a subject compares arguments that hold floating-point numbers.

    >>> ratios = Argument(T.ArrayType(T.DoubleType()))
    >>> compares_nested_floats("group by", [ratios]), compares_nested_floats("size", [ratios])
    (True, False)
    >>> price, rate = Argument(T.DecimalType(12, 2)), Argument(T.DoubleType())
    >>> compares_nested_floats("agg count distinct", [price, rate])
    True
    """
    types: list[T.DataType] = [argument.type for argument in arguments]
    if subject in _COMPARING_ELEMENTS:
        types = [type_.elementType for type_ in types if isinstance(type_, T.ArrayType)]
    elif subject not in _COMPARING and not subject.startswith("join "):
        return False
    if subject == "agg count distinct":
        # Spark and Sail count the values of several columns as those of a struct.
        types = [T.ArrayType(type_) for type_ in types]
    return any(_is_float(inner) for type_ in types for inner in _within(type_))


def _within(type_: T.DataType) -> list[T.DataType]:
    """Return the types at every depth of a type, without itself."""
    match type_:
        case T.ArrayType():
            parts = [type_.elementType]
        case T.MapType():
            parts = [type_.keyType, type_.valueType]
        case T.StructType():
            parts = [field.dataType for field in type_.fields]
        case _:
            return []
    return [*parts, *(inner for part in parts for inner in _within(part))]


def _is_float(type_: T.DataType) -> bool:
    return isinstance(type_, T.FractionalType) and not isinstance(type_, T.DecimalType)
