"""Reads an expression's subject and arguments from its Spark Connect plan, like the guard."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyspark.sql import types as T

from alur.analysis.limits import limits_of, within
from alur.analysis.literals import literal_argument
from alur.analysis.signatures import Argument, type_token
from alur.analysis.type_texts import parsed_type
from alur.analysis.windows import frame_kind
from tests.certification.engine import namespace
from tests.certification.literals import MARKS
from tests.certification.values import KINDS


@cache
def _names() -> dict[str, Any]:
    """Return the names for expressions in Spark Connect's version, whatever engine is open."""
    from pyspark.sql.connect import functions
    from pyspark.sql.connect.window import Window

    return namespace(functions, Window)


@dataclass(frozen=True, slots=True)
class Call:
    """The function called by an expression, and its arguments; None stands for a lambda function."""

    subject: str
    arguments: tuple[Argument | None, ...]

    def signature(self) -> str:
        """Return the arguments' tokens: exact ones for literals, except those that stand for all of their type."""
        if None in self.arguments:
            # The guard reads the bodies of lambda functions separately, and treats a literal beside them as any value.
            return ", ".join("lambda" if a is None else type_token(a.type) for a in self.arguments)
        return ", ".join(_token(argument) for argument in self.arguments if argument)


def limited(column: Any) -> Any:
    """Return a call with null for arguments beyond Sail's limits; its ``beyond`` is true for these.

    A run would fail for such an argument, and move to Spark.
    """
    from pyspark.sql.connect.column import Column
    from pyspark.sql.connect.expressions import Expression

    class Planned(Expression):
        """An expression with a finished plan."""

        def __init__(self, plan: Any) -> None:
            super().__init__()
            self._plan = plan

        def to_plan(self, session: Any) -> Any:
            return self._plan

    plan = column.to_plan(None)
    called = _call(plan, "scalar", repr(column))
    is_cast = plan.WhichOneof("expr_type") == "cast"
    nodes = [plan.cast.expr] if is_cast else plan.unresolved_function.arguments
    limits = list(limits_of(called.subject, [a for a in called.arguments if a]))
    if not limits:
        return column
    ((place, limit),) = limits
    beyond = limit.is_beyond(nodes[place])
    nodes[place].CopyFrom(within(nodes[place], beyond))
    result: Any = Column(Planned(plan))
    result.beyond = Column(Planned(beyond))
    return result


def _token(argument: Argument) -> str:
    if argument.is_literal and argument.value in MARKS.values():
        return argument.tokens()[-1]
    return argument.tokens()[0]


def call(text: str, context: str) -> Call:
    """Return the call in an expression.

    Raises:
        ValueError: its outermost part cannot be certified.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of windows without partitions
        plan = eval(text, _names()).to_plan(None)
    return _call(plan, context, text)


def _call(plan: Any, context: str, text: str) -> Call:
    match plan.WhichOneof("expr_type"):
        case "unresolved_function":
            function = plan.unresolved_function
            name = function.function_name.lower()
            if context == "aggregate":
                name = f"agg {name} distinct" if function.is_distinct else f"agg {name}"
            return Call(name, _arguments(function.arguments))
        case "window":
            function = plan.window.window_function.unresolved_function
            name = f"over {function.function_name.lower()} {frame_kind(plan.window)}"
            return Call(name, _arguments(function.arguments))
        case "unresolved_extract_value":
            part = plan.unresolved_extract_value
            return Call("getitem", _arguments([part.child, part.extraction]))
        case "cast":
            target = parsed_type(plan.cast.type_str)
            assert target is not None
            return Call("cast", (*_arguments([plan.cast.expr]), Argument(target)))
        case other:
            raise ValueError(f"{text} is a {other}")


def _arguments(nodes: Any) -> tuple[Argument | None, ...]:
    return tuple(_argument(node) for node in nodes)


def _argument(node: Any) -> Argument | None:
    match node.WhichOneof("expr_type"):
        case "unresolved_attribute":
            name = node.unresolved_attribute.unparsed_identifier
            kind = name.removeprefix("free:").split("_", 1)[-1]
            type_ = KINDS[kind].type if kind in KINDS else T.IntegerType()
            if name.startswith("free:"):
                return Argument(type_, is_literal=True, value=MARKS["i32"])
            return Argument(type_, name=name)
        case "unresolved_star":
            return Argument(T.IntegerType(), is_literal=True, value=MARKS["i32"])
        case "lambda_function":
            return None
        case "literal":
            if found := literal_argument(node.literal):
                return found
            raise ValueError(f"a literal is a {node.literal.WhichOneof('literal_type')}")
        case other:
            raise ValueError(f"an argument is a {other}")


def target_token(text: str) -> str:
    """Return the token of a type in SQL's notation."""
    type_ = parsed_type(text)
    assert type_ is not None
    return type_token(type_)
