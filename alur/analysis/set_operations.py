"""Reads unions, intersections and differences in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import types as T

from alur.analysis.columns import Schema, Visible
from alur.analysis.reading import NO_SCHEMA, PartReader, Reader
from alur.analysis.scope import Scope
from alur.analysis.values import Value

_KINDS = {
    "SET_OP_TYPE_UNION": "union",
    "SET_OP_TYPE_INTERSECT": "intersect",
    "SET_OP_TYPE_EXCEPT": "except",
}


class SetOperations(PartReader):
    """Reads operations on the rows of two relations, and unpivots of columns into rows."""

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        return {"set_op": self._set_operation, "unpivot": self._unpivot}

    def _set_operation(self, node: Any) -> Schema:
        operation = node.set_op
        left, right = self._read(operation.left_input), self._read(operation.right_input)
        kind = _KINDS.get(operation.SetOpType.Name(operation.set_op_type))
        others = self._in_order(operation, left, right)
        if kind is None or others is None:
            self._findings.add("a set operation", "its columns are unknown", node)
            return NO_SCHEMA
        # A union of Spark's DataFrames keeps all rows.
        subject = kind if kind == "union" or not operation.is_all else f"{kind} all"
        for one, other in zip(left.columns, others, strict=True):
            self._check_types(subject, one, other, node)
        new = (Value(c.column.type, name=c.name).visible() for c in left.columns)
        return Schema(tuple(new))

    def _in_order(self, operation: Any, left: Schema, right: Schema) -> list[Visible] | None:
        """Return the right side's columns in the order of the left side's."""
        if not operation.by_name:
            columns = list(right.columns)
            return columns if len(columns) == len(left.columns) else None
        matches = [right.named(column.name or "") for column in left.columns]
        same = len(matches) == len(right.columns) and all(len(named) == 1 for named in matches)
        return [named[0] for named in matches] if same else None

    def _check_types(self, subject: str, one: Visible, other: Visible, node: Any) -> None:
        types = one.column.type, other.column.type
        if types[0] is None or types[1] is None:
            return
        if types[0].simpleString() != types[1].simpleString():
            self._findings.add(
                f"{subject} of {types[0].simpleString()} and {types[1].simpleString()}",
                "the types of both sides differ",
                node,
            )
        self._expressions.check_key(subject, [Value(types[0])], node)

    def _unpivot(self, node: Any) -> Schema:
        unpivot = node.unpivot
        schema = self._read(unpivot.input)
        kept = self._expressions.read_all(unpivot.ids, Scope.of(schema))
        values = self._expressions.read_all(unpivot.values.values, Scope.of(schema))
        types = {value.type.simpleString() for value in values if value.type is not None}
        if len(types) != 1:
            self._findings.add("unpivot", "its columns are not all of one type", node)
            return NO_SCHEMA
        self._expressions.check_key("unpivot", values, node)
        named = [
            Value(T.StringType(), name=unpivot.variable_column_name),
            Value(values[0].type, name=unpivot.value_column_name),
        ]
        return schema.with_columns(value.visible() for value in [*kept, *named])
