"""Subject and signature of an expression, read from its Spark Connect plan as the guard reads them."""

from __future__ import annotations

from functools import cache
from typing import Any

from pyspark.sql import types as T

from alur.analysis.signatures import exact_token, type_token
from tests.certification.engine import namespace
from tests.certification.literals import MARKS
from tests.certification.values import KINDS


@cache
def _names() -> dict[str, Any]:
    """What expressions may name, in Spark Connect's words, whatever engine is open."""
    from pyspark.sql.connect import functions
    from pyspark.sql.connect.window import Window

    return namespace(functions, Window)


def subject_and_signature(shape: str, context: str) -> tuple[str, str]:
    """Return under what an expression is certified.

    Raises:
        ValueError: its outermost part is not one that is certified.
    """
    plan = eval(shape, _names()).to_plan(None)
    match plan.WhichOneof("expr_type"):
        case "unresolved_function":
            function = plan.unresolved_function
            name = function.function_name.lower()
            if context == "aggregate":
                name = f"agg {name} distinct" if function.is_distinct else f"agg {name}"
            return name, _signature(function.arguments)
        case "window":
            function = plan.window.window_function.unresolved_function
            distinct = " distinct" if function.is_distinct else ""
            subject = f"over {function.function_name.lower()}{distinct} {_frame(plan.window)}"
            return subject, _signature(function.arguments)
        case "unresolved_extract_value":
            part = plan.unresolved_extract_value
            return "getitem", _signature([part.child, part.extraction])
        case "cast":
            return "cast", f"{_token(plan.cast.expr)}, {_target(plan.cast.type_str)}"
        case other:
            raise ValueError(f"{shape} is a {other}")


def _target(text: str) -> str:
    return "decimal" if text.startswith("decimal") else _TARGETS.get(text, text)


_TARGETS = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}


def _frame(window: Any) -> str:
    if window.HasField("frame_spec"):
        is_rows = window.frame_spec.frame_type == window.frame_spec.FRAME_TYPE_ROW
        return "rows" if is_rows else "range"
    return "ordered" if window.order_spec else "partition"


def _signature(arguments: Any) -> str:
    return ", ".join(_token(argument) for argument in arguments)


def _token(argument: Any) -> str:
    match argument.WhichOneof("expr_type"):
        case "unresolved_attribute":
            name = argument.unresolved_attribute.unparsed_identifier
            kind = name.removeprefix("free:").split("_", 1)[-1]
            literal = "!" if name.startswith("free:") else ""
            return f"{_column_token(kind)}{literal}"
        case "unresolved_star":
            return "*"
        case "lambda_function":
            return "lambda"
        case "literal":
            type_, value = _literal(argument.literal)
            is_free = value in MARKS.values()
            return f"{type_token(type_)}!" if is_free else exact_token(type_, value)
        case other:
            raise ValueError(f"an argument is a {other}")


def _column_token(kind: str) -> str:
    return type_token(KINDS[kind].type) if kind in KINDS else "int"


_LITERALS: dict[str, T.DataType] = {
    "boolean": T.BooleanType(),
    "integer": T.IntegerType(),
    "long": T.LongType(),
    "double": T.DoubleType(),
    "string": T.StringType(),
    "null": T.NullType(),
}


def _literal(literal: Any) -> tuple[T.DataType, Any]:
    which = literal.WhichOneof("literal_type")
    if which not in _LITERALS:
        raise ValueError(f"a literal is a {which}")
    return _LITERALS[which], None if which == "null" else getattr(literal, which)
