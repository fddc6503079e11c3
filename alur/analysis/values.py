"""The values of a plan's expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import types as T

from alur.analysis.columns import PlanColumn, Visible
from alur.analysis.signatures import Argument


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression.

    Attributes:
        type: None if unknown.
        name: the name of its column; None if unknown.
        column: the column that it passes on unchanged.
    """

    type: T.DataType | None
    is_literal: bool = False
    value: Any = None
    name: str | None = None
    column: PlanColumn | None = None

    @classmethod
    def of(cls, argument: Argument) -> Value:
        """Return an argument as a value without a name."""
        return cls(argument.type, argument.is_literal, argument.value)

    def called(self, name: str | None) -> Value:
        """Return the same value under a name."""
        return replace(self, name=name)

    def visible(self) -> Visible:
        """Return the value as a relation's column."""
        if self.column is not None and self.column.name == self.name:
            return Visible(self.column, self.name)
        return Visible(PlanColumn(self.name, self.type), self.name)


UNKNOWN = Value(None)


def arguments(values: Sequence[Value]) -> list[Argument] | None:
    """Return values as arguments; None if the type of one is unknown."""
    known = [Argument(v.type, v.is_literal, v.value, v.name) for v in values if v.type is not None]
    return known if len(known) == len(values) else None
