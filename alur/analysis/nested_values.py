"""Values within arrays, maps and structs: what compares them, and of which types.

Signatures in certificates do not show the fields of a struct. There, Sail distinguishes -0.0 from 0.0, which are equal
on Spark, and compares what Spark refuses to compare.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.signatures import Argument

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

_EACH_BY_ITSELF = ("agg count distinct",)
"""Subjects whose arguments are not compared with each other."""


def compares_unlike_structs(subject: str, arguments: Sequence[Argument]) -> bool:
    """Return whether a subject compares structs of different fields, or values with maps in them.

    >>> one, other = (Argument(T.StructType([T.StructField(n, T.IntegerType())])) for n in "ab")
    >>> compares_unlike_structs("==", [one, one]), compares_unlike_structs("==", [one, other])
    (False, True)
    """
    types = _compared(subject, [argument.type for argument in arguments])
    if any(isinstance(inner, T.MapType) for type_ in types for inner in types_in(type_)):
        return True
    has_structs = any(
        isinstance(inner, T.StructType) for type_ in types for inner in types_in(type_)
    )
    return (
        has_structs
        and len({type_.simpleString() for type_ in types}) > 1
        and (subject not in _EACH_BY_ITSELF)
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
    types = _compared(subject, [argument.type for argument in arguments])
    if subject == "agg count distinct":
        # Spark and Sail count the values of several columns as those of a struct.
        types = [T.ArrayType(type_) for type_ in types]
    return any(_is_float(inner) for type_ in types for inner in types_in(type_)[1:])


def _compared(subject: str, types: Sequence[T.DataType]) -> list[T.DataType]:
    """Return the types of the values that a subject compares."""
    if subject in _COMPARING_ELEMENTS:
        return [type_.elementType for type_ in types if isinstance(type_, T.ArrayType)]
    return list(types) if subject in _COMPARING or subject.startswith("join ") else []


def types_in(type_: T.DataType) -> list[T.DataType]:
    """Return a type, and the types of the values at every depth within it.

    >>> [inner.simpleString() for inner in types_in(T.ArrayType(T.DateType()))]
    ['array<date>', 'date']
    """
    match type_:
        case T.ArrayType():
            parts = [type_.elementType]
        case T.MapType():
            parts = [type_.keyType, type_.valueType]
        case T.StructType():
            parts = [field.dataType for field in type_.fields]
        case _:
            parts = []
    return [type_, *(inner for part in parts for inner in types_in(part))]


def holds_floats(type_: T.DataType) -> bool:
    """Return whether values of a type are or hold floating-point numbers.

    >>> holds_floats(T.DoubleType()), holds_floats(T.ArrayType(T.FloatType())), holds_floats(T.LongType())
    (True, True, False)
    """
    return any(_is_float(inner) for inner in types_in(type_))


def _is_float(type_: T.DataType) -> bool:
    return isinstance(type_, T.FractionalType) and not isinstance(type_, T.DecimalType)
