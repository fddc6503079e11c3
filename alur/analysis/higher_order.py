"""Higher-order functions: the types of their lambdas' variables and of their results."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import types as T

from alur.analysis.values import Value


def lambda_types(name: str, values: Sequence[Value], bodies: Sequence[Value]) -> list[T.DataType]:
    """Return the types of a lambda function's variables.

    Args:
        values: the other arguments.
        bodies: the values of the lambda functions before this one.
    """
    types = [value.type for value in values]
    if name in ("aggregate", "reduce"):
        zero = types[1]
        assert zero is not None
        return [bodies[0].type or zero] if bodies else [zero, *_contents(types[0])[-1:]]
    if name == "zip_with":
        return [*_contents(types[0])[-1:], *_contents(types[1])[-1:]]
    if name == "map_zip_with":
        return [*_contents(types[0]), *_contents(types[1])[-1:]]
    if isinstance(types[0], T.MapType):
        return _contents(types[0])
    return [*_contents(types[0]), T.IntegerType()]


def lambda_result(name: str, values: Sequence[Value], bodies: Sequence[Value]) -> T.DataType | None:
    """Return the type of a function's result; None if it is unknown."""
    first, body = values[0].type, bodies[-1].type
    if body is None:
        return None
    match name, first:
        case "transform" | "zip_with", _:
            return T.ArrayType(body)
        case "filter" | "map_filter" | "array_sort", _:
            return first
        case "exists" | "forall", _:
            return T.BooleanType()
        case "aggregate" | "reduce", _:
            return body
        case "transform_values" | "map_zip_with", T.MapType():
            return T.MapType(first.keyType, body)
        case "transform_keys", T.MapType():
            return T.MapType(body, first.valueType)
        case _:
            return None


def _contents(type_: T.DataType | None) -> list[T.DataType]:
    if isinstance(type_, T.ArrayType):
        return [type_.elementType]
    return [type_.keyType, type_.valueType] if isinstance(type_, T.MapType) else []
