"""Reads aggregations in a plan: groups, rollups, cubes and pivots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur.analysis.columns import Schema
from alur.analysis.literals import literal_argument
from alur.analysis.reading import PartReader, Reader
from alur.analysis.scope import Scope
from alur.analysis.values import Value

_KINDS = {
    "GROUP_TYPE_GROUPBY": "group by",
    "GROUP_TYPE_ROLLUP": "rollup",
    "GROUP_TYPE_CUBE": "cube",
    "GROUP_TYPE_PIVOT": "pivot",
}


class Grouping(PartReader):
    """Reads aggregations."""

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        return {"aggregate": self._aggregate}

    def _aggregate(self, node: Any) -> Schema:
        aggregate = node.aggregate
        schema = self._read(aggregate.input)
        scope = Scope.of(schema)
        kind = _KINDS[aggregate.GroupType.Name(aggregate.group_type)]
        keys = self._expressions.read_all(aggregate.grouping_expressions, scope)
        self._expressions.check_key("group by", keys, node)
        results = self._expressions.read_all(aggregate.aggregate_expressions, scope)
        if kind in ("rollup", "cube"):
            self._expressions.check_key(kind, keys, node)
            # The key of a total is null, so each key becomes a new column.
            keys = [Value(key.type, name=key.name) for key in keys]
        if kind == "pivot":
            results = self._pivoted(node, scope, results)
        return schema.with_columns(value.visible() for value in [*keys, *results])

    def _pivoted(self, node: Any, scope: Scope, results: Sequence[Value]) -> list[Value]:
        pivot = node.aggregate.pivot
        column = self._expressions.read(pivot.col, scope)
        self._expressions.check_key("pivot", [column], node)
        names = [_text(value) for value in pivot.values]
        if not names or None in names:
            self._findings.add("pivot", "its values are not strings or whole numbers", node)
        if len(results) == 1:
            return [results[0].called(name) for name in names]
        return [
            result.called(f"{name}_{result.name}" if result.name else None)
            for name in names
            for result in results
        ]


def _text(literal: Any) -> str | None:
    """Return Spark's name for the column of a value."""
    argument = literal_argument(literal)
    return str(argument.value) if argument and type(argument.value) in (str, int) else None
