"""The names that an expression may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alur.analysis.columns import Schema
from alur.analysis.values import Value


@dataclass(frozen=True)
class Scope:
    """The meaning of the names in an expression.

    Attributes:
        variables: the variables of the lambda functions around it.
    """

    schema: Schema
    variables: Mapping[str, Value]

    @classmethod
    def of(cls, schema: Schema) -> Scope:
        """Return the scope of an expression over a relation."""
        return cls(schema, {})

    def within(self, variables: Mapping[str, Value]) -> Scope:
        """Return the scope of a lambda function's body."""
        return replace(self, variables={**self.variables, **variables})
