"""Small changes to a plan that make Sail match Spark. The certification suite certifies each one.

Readers collect the changes; the guard applies them only if the whole plan is certified with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from pyspark.sql import types as T

from alur.analysis.decimal_sizes import as_decimal
from alur.analysis.limits import Limit, keep_within
from alur.analysis.values import Value

_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


@dataclass
class Rewrites:
    """The pending changes to a plan, inner parts first."""

    _changes: list[Callable[[], None]] = field(default_factory=list)

    def apply(self) -> None:
        """Make the pending changes."""
        for change in self._changes:
            change()
        self.forget()

    def forget(self) -> None:
        """Discard the pending changes."""
        self._changes.clear()

    def replace(self, node: Any, other: Any) -> None:
        """Replace one node by another."""
        self._changes.append(partial(node.CopyFrom, other))

    def exact_integers(
        self, name: str, nodes: Sequence[Any], values: Sequence[Value]
    ) -> list[Value]:
        """Return an operator's arguments; turn whole numbers beside decimals into decimals of their digits.

        In ``amount * 2``, Spark reads the literal as a ``decimal(1,0)``, Sail as a ``decimal(10,0)``.
        """
        if name not in _ARITHMETIC or not any(isinstance(v.type, T.DecimalType) for v in values):
            return list(values)
        return [self._exact(node, value) for node, value in zip(nodes, values, strict=True)]

    def _exact(self, node: Any, value: Value) -> Value:
        if not value.is_literal or not isinstance(value.type, T.IntegralType):
            return value
        size = as_decimal(value.type, value.value)
        assert size is not None
        self._changes.append(partial(_set_decimal, node, value.value, size.precision))
        return Value(size, is_literal=True, value=Decimal(value.value))

    def exact_decimal(self, node: Any, size: T.DecimalType) -> None:
        """Give a literal the decimal size of its digits, as on Spark; PySpark's Connect gives each (10,0)."""
        self._changes.append(partial(_set_size, node, size))

    def as_int(self, node: Any) -> None:
        """Cast a number to int; Sail counts days as bigint."""
        self._changes.append(partial(_set_cast, node))

    def never_null(self, node: Any) -> None:
        """Turn a null condition into false; Sail's ``isnan`` of null is null."""
        self._changes.append(partial(_set_false_where_null, node))

    def one_nan(self, node: Any) -> None:
        """Turn any NaN into the one without a sign; Sail orders floating-point numbers by their bits."""
        self._changes.append(partial(_set_one_nan, node))

    def literal_nan(self, node: Any) -> None:
        """Remove the sign of a NaN."""
        self._changes.append(partial(_set_literal_nan, node.literal))

    def limit(self, argument: Any, limit: Limit) -> None:
        """Make Sail fail for an argument beyond a limit; the run then moves to Spark."""
        self._changes.append(partial(keep_within, argument, limit))

    def one_nan_of_columns(self, relation: Any, names: Sequence[str]) -> None:
        """Turn any NaN in columns of a relation into the one without a sign."""
        self._changes.append(partial(_set_one_nan_of_columns, relation, names))


def _set_size(node: Any, size: T.DecimalType) -> None:
    if node.literal.HasField("decimal"):
        node.literal.decimal.precision = size.precision
        node.literal.decimal.scale = size.scale


def _set_decimal(node: Any, number: int, digits: int) -> None:
    node.literal.decimal.value = str(number)
    node.literal.decimal.precision = digits
    node.literal.decimal.scale = 0


def _set_cast(node: Any) -> None:
    if node.WhichOneof("expr_type") == "cast":
        return
    number = type(node)()
    number.CopyFrom(node)
    node.Clear()
    node.cast.expr.CopyFrom(number)
    node.cast.type_str = "int"


def _set_one_nan(node: Any) -> None:
    if node.unresolved_function.function_name == "nanvl":
        return
    number = type(node)()
    number.CopyFrom(node)
    node.Clear()
    node.unresolved_function.function_name = "nanvl"
    node.unresolved_function.arguments.add().CopyFrom(number)
    node.unresolved_function.arguments.add().literal.double = math.nan


def _set_literal_nan(literal: Any) -> None:
    setattr(literal, literal.WhichOneof("literal_type"), math.nan)


def _set_one_nan_of_columns(relation: Any, names: Sequence[str]) -> None:
    if relation.WhichOneof("rel_type") == "with_columns":
        return
    rows = type(relation)()
    rows.CopyFrom(relation)
    # Columns of the frame name its plan, which is now the one with the new columns.
    rows.common.ClearField("plan_id")
    relation.with_columns.input.CopyFrom(rows)
    for name in names:
        alias = relation.with_columns.aliases.add()
        alias.name.append(name)
        quoted = name.replace("`", "``")
        alias.expr.unresolved_attribute.unparsed_identifier = f"`{quoted}`"
        _set_one_nan(alias.expr)


def _set_false_where_null(node: Any) -> None:
    if node.unresolved_function.function_name == "coalesce":
        return
    condition = type(node)()
    condition.CopyFrom(node)
    node.unresolved_function.Clear()
    node.unresolved_function.function_name = "coalesce"
    node.unresolved_function.arguments.add().CopyFrom(condition)
    node.unresolved_function.arguments.add().literal.boolean = False
