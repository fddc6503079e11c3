"""Result types beyond certificates: they depend on sizes of decimals and on fields of structs.

The certification suite checks each rule against Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from pyspark.sql import types as T

from alur.analysis import decimal_sizes as sizes
from alur.analysis.signatures import Argument

Rule = Callable[[Sequence[Argument]], T.DataType | None]


def result_type(subject: str, arguments: Sequence[Argument]) -> T.DataType | None:
    """Return the type of a function's result on Spark; None if no rule covers it.

    >>> amount = Argument(T.DecimalType(12, 2))
    >>> result_type("/", [amount, Argument(T.IntegerType(), is_literal=True, value=100)])
    DecimalType(16,6)
    >>> result_type("over lag ordered", [amount]), result_type("agg sum", [amount])
    (DecimalType(12,2), DecimalType(22,2))
    """
    kind, _, rest = subject.partition(" ")
    name = rest.partition(" ")[0] if kind in ("agg", "over") else subject
    rule = _RULES.get(name)
    return rule(arguments) if rule else None


def common_type(types: Sequence[T.DataType]) -> T.DataType | None:
    """Return the common type of several; None if values would change in more than a decimal's size."""
    return reduce(_common, types, T.NullType()) if types else None  # type: ignore[arg-type]


def _common(left: T.DataType | None, right: T.DataType) -> T.DataType | None:
    if left is None or isinstance(right, T.NullType):
        return left
    if isinstance(left, T.NullType) or left == right:
        return right
    if isinstance(left, T.DecimalType) or isinstance(right, T.DecimalType):
        one, other = sizes.as_decimal(left), sizes.as_decimal(right)
        return sizes.widest(one, other) if one and other else None
    if isinstance(left, T.ArrayType) and isinstance(right, T.ArrayType):
        element = _common(left.elementType, right.elementType)
        return T.ArrayType(element) if element else None
    if isinstance(left, T.MapType) and isinstance(right, T.MapType):
        return _common_map(left, right)
    return left if _same(left, right) else None


def _common_map(left: T.MapType, right: T.MapType) -> T.DataType | None:
    key, value = _common(left.keyType, right.keyType), _common(left.valueType, right.valueType)
    return T.MapType(key, value) if key and value else None


def _same(left: T.DataType, right: T.DataType) -> bool:
    """Return whether types are the same, regardless of nullability."""
    return left.simpleString() == right.simpleString()


def _arithmetic(size: sizes.Size) -> Rule:
    def rule(arguments: Sequence[Argument]) -> T.DataType | None:
        if len(arguments) != 2 or not any(isinstance(a.type, T.DecimalType) for a in arguments):
            return None
        both = [sizes.as_decimal(a.type, a.value if a.is_literal else None) for a in arguments]
        left, right = both
        return size(left, right) if left and right else None

    return rule


def _first(arguments: Sequence[Argument]) -> T.DataType | None:
    return arguments[0].type if arguments else None


def _shared(arguments: Sequence[Argument]) -> T.DataType | None:
    return common_type([argument.type for argument in arguments])


def _when(arguments: Sequence[Argument]) -> T.DataType | None:
    """Return the type of ``when(condition, value, condition, value, ..., otherwise)``."""
    values = list(arguments[1::2])
    return _shared([*values, arguments[-1]] if len(arguments) % 2 else values)


def _sum(arguments: Sequence[Argument]) -> T.DataType | None:
    match _first(arguments):
        case T.DecimalType() as given:
            return sizes.bounded(given.precision + 10, given.scale)
        case T.IntegralType():
            return T.LongType()
        case T.FractionalType():
            return T.DoubleType()
        case _:
            return None


def _average(arguments: Sequence[Argument]) -> T.DataType | None:
    match _first(arguments):
        case T.DecimalType() as given:
            return sizes.bounded(given.precision + 4, given.scale + 4)
        case T.NumericType():
            return T.DoubleType()
        case _:
            return None


def _round(arguments: Sequence[Argument]) -> T.DataType | None:
    given, *places = arguments
    if not isinstance(given.type, T.DecimalType):
        return None
    if not places:
        return sizes.rounded(given.type, 0)
    return sizes.rounded(given.type, places[0].value) if places[0].is_literal else None


def _whole(arguments: Sequence[Argument]) -> T.DataType | None:
    given = arguments[0].type
    if len(arguments) > 1 or not isinstance(given, T.DecimalType):
        return None
    if given.scale == 0:
        return given
    return sizes.bounded(given.precision - given.scale + 1, 0)


def _array_of_all(arguments: Sequence[Argument]) -> T.DataType | None:
    element = _shared(arguments)
    return T.ArrayType(element) if element else None


def _array_of_first(arguments: Sequence[Argument]) -> T.DataType | None:
    element = _first(arguments)
    return T.ArrayType(element) if element else None


def _element(arguments: Sequence[Argument]) -> T.DataType | None:
    given = _first(arguments)
    if isinstance(given, T.ArrayType):
        return given.elementType
    return given.valueType if isinstance(given, T.MapType) else None


def _array_element(arguments: Sequence[Argument]) -> T.DataType | None:
    given = _first(arguments)
    return given.elementType if isinstance(given, T.ArrayType) else None


def _getitem(arguments: Sequence[Argument]) -> T.DataType | None:
    given, key = arguments[0].type, arguments[-1].value
    if isinstance(given, T.ArrayType) and isinstance(given.elementType, T.StructType):
        field = _field(given.elementType, key) if isinstance(key, str) else None
        return T.ArrayType(field) if field else _element(arguments)
    return _field(given, key) if isinstance(given, T.StructType) else _element(arguments)


def _field(given: T.StructType, name: str) -> T.DataType | None:
    types = [field.dataType for field in given.fields if field.name == name]
    return types[0] if len(types) == 1 else None


def _map_keys(arguments: Sequence[Argument]) -> T.DataType | None:
    given = _first(arguments)
    return T.ArrayType(given.keyType) if isinstance(given, T.MapType) else None


def _map_values(arguments: Sequence[Argument]) -> T.DataType | None:
    given = _first(arguments)
    return T.ArrayType(given.valueType) if isinstance(given, T.MapType) else None


def _flattened(arguments: Sequence[Argument]) -> T.DataType | None:
    inner = _array_element(arguments)
    return inner if isinstance(inner, T.ArrayType) else None


def _struct(arguments: Sequence[Argument]) -> T.DataType | None:
    names = [argument.name or f"col{n}" for n, argument in enumerate(arguments, 1)]
    return T.StructType(
        [T.StructField(name, a.type) for name, a in zip(names, arguments, strict=True)]
    )


def _named_struct(arguments: Sequence[Argument]) -> T.DataType | None:
    names, values = arguments[::2], arguments[1::2]
    if not all(name.is_literal for name in names):
        return None
    pairs = zip(names, values, strict=True)
    return T.StructType([T.StructField(name.value, value.type) for name, value in pairs])


_RULES: dict[str, Rule] = {
    "+": _arithmetic(sizes.added),
    "-": _arithmetic(sizes.added),
    "*": _arithmetic(sizes.multiplied),
    "/": _arithmetic(sizes.divided),
    "%": _arithmetic(sizes.remainder),
    "mod": _arithmetic(sizes.remainder),
    "pmod": _arithmetic(sizes.remainder),
    "round": _round,
    "bround": _round,
    "ceil": _whole,
    "ceiling": _whole,
    "floor": _whole,
    "count": lambda _: T.LongType(),
    "sum": _sum,
    "avg": _average,
    "mean": _average,
    "struct": _struct,
    "named_struct": _named_struct,
    "when": _when,
    "nvl2": lambda arguments: _shared(arguments[1:]),
    "if": lambda arguments: _shared(arguments[1:]),
    "array": _array_of_all,
    "collect_list": _array_of_first,
    "collect_set": _array_of_first,
    "sequence": _array_of_first,
    "array_repeat": _array_of_first,
    "getitem": _getitem,
    "element_at": _element,
    "try_element_at": _element,
    "get": _array_element,
    "array_max": _array_element,
    "array_min": _array_element,
    "explode": _array_element,
    "explode_outer": _array_element,
    "map_keys": _map_keys,
    "map_values": _map_values,
    "flatten": _flattened,
    "max_by": _first,
    "min_by": _first,
    **dict.fromkeys(
        ("coalesce", "ifnull", "nvl", "greatest", "least", "concat", "array_union"), _shared
    ),
    **dict.fromkeys(
        (
            *("abs", "negative", "positive", "nullif", "min", "max", "first", "last", "any_value"),
            *("first_value", "last_value", "nth_value", "mode", "lag", "lead"),
            *("array_distinct", "array_sort", "sort_array", "reverse", "slice", "shuffle"),
            *("array_compact", "array_except", "array_intersect", "array_remove", "filter"),
            *("array_append", "array_prepend", "array_insert", "map_filter", "map_concat"),
        ),
        _first,
    ),
}
