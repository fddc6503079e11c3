"""Traces groups, distinct rows and unpivots in a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from alur.analysis.columns import Visible
from alur.lineage.digests import digest
from alur.lineage.expressions import ExpressionTracer
from alur.lineage.messages import traced_fields
from alur.lineage.part import PartTracer, Tracer
from alur.lineage.traced import Relation, Traced, TracedColumn, value_of
from alur.lineage.uses import NONE, as_condition, union, used_as


class Grouping(PartTracer):
    """Traces the parts of a plan that make other rows of the same columns.

    Args:
        names_of: returns the engine's names for a relation's columns.
    """

    def __init__(
        self, trace: Tracer, expressions: ExpressionTracer, names_of: Callable[[Any], list[str]]
    ) -> None:
        super().__init__(trace, expressions)
        self._names_of = names_of

    @property
    def tracers(self) -> Mapping[str, Tracer]:
        """The tracer of each kind of relation."""
        return {
            "aggregate": self._aggregate,
            "deduplicate": self._deduplicate,
            "unpivot": self._unpivot,
        }

    def _aggregate(self, node: Any) -> Relation:
        aggregate = node.aggregate
        # first, last and collect_list depend on the order of the rows.
        relation = self._trace(aggregate.input).in_order()
        keys = self._expressions.columns(aggregate.grouping_expressions, relation)
        key_values = [value_of(column) for column in keys]
        kind = aggregate.GroupType.Name(aggregate.group_type)
        grouped = relation.decided_by(union(value.uses for value in key_values), "group")
        meanings = [value.meaning for value in key_values]
        # A rollup's totals, and the numbers of a cube's, depend on the order of the keys.
        is_plain = kind in ("GROUP_TYPE_GROUPBY", "GROUP_TYPE_PIVOT")
        grouped = grouped.with_rows("group", kind, *(sorted(meanings) if is_plain else meanings))
        grouped = replace(grouped, order=())
        columns = self._expressions.columns(aggregate.aggregate_expressions, relation)
        if aggregate.HasField("pivot"):
            return self._pivoted(node, grouped, keys, columns, relation)
        computed = [_aggregated(column, grouped) for column in columns]
        # Rows of a rollup's totals have null for a key.
        keys = keys if kind == "GROUP_TYPE_GROUPBY" else [_aggregated(key, grouped) for key in keys]
        return grouped.with_columns([*keys, *computed])

    def _pivoted(
        self,
        node: Any,
        grouped: Relation,
        keys: Sequence[Visible],
        columns: Sequence[Visible],
        relation: Relation,
    ) -> Relation:
        pivot = node.aggregate.pivot
        (by,) = self._values([pivot.col], relation)
        values = [value_of(column) for column in columns]
        uses = used_as(union(value.uses for value in values), "aggregate")
        own = traced_fields(pivot, lambda _: by)
        # The names of the new columns say which value and which aggregate they show.
        shown = (f"{column.name} {value_of(column).meaning}" for column in columns)
        meaning = digest("pivot", own.meaning, grouped.rows, *shown)
        value = Traced(union([uses, as_condition(by.uses)]), meaning)
        names = self._names_of(node)[len(keys) :]
        pivoted = [
            TracedColumn.visible(name, Traced(value.uses, digest(meaning, name))) for name in names
        ]
        decided = grouped if pivot.values else grouped.decided_by(by.uses, "group")
        return decided.with_columns([*keys, *pivoted])

    def _deduplicate(self, node: Any) -> Relation:
        relation = self._trace(node.deduplicate.input).in_order()
        names = {name.lower() for name in node.deduplicate.column_names}
        takes_all = node.deduplicate.all_columns_as_keys
        keys = [c for c in relation.schema.columns if takes_all or c.name in names]
        values = [value_of(column) for column in keys]
        decided = relation.decided_by(union(value.uses for value in values), "distinct")
        own = node.deduplicate.within_watermark
        return decided.with_rows("distinct", own, *sorted(value.meaning for value in values))

    def _unpivot(self, node: Any) -> Relation:
        unpivot = node.unpivot
        relation = self._trace(unpivot.input)
        kept = self._expressions.columns(unpivot.ids, relation)
        if unpivot.HasField("values"):
            columns = self._expressions.columns(unpivot.values.values, relation)
        else:
            ids = {id(column.column) for column in kept}
            columns = [c for c in relation.schema.columns if id(c.column) not in ids]
        named = [(column.name, value_of(column)) for column in columns]
        meaning = digest("unpivot", *(f"{name} {value.meaning}" for name, value in named))
        uses = used_as(union(value.uses for _, value in named), "value")
        variable = Traced(NONE, digest("variable", meaning))
        new = [
            TracedColumn.visible(unpivot.variable_column_name, variable),
            TracedColumn.visible(unpivot.value_column_name, Traced(uses, meaning)),
        ]
        return relation.with_rows("unpivot", meaning).with_columns([*kept, *new])


def _aggregated(column: Visible, grouped: Relation) -> Visible:
    value = value_of(column)
    meaning = digest("aggregate", value.meaning, grouped.rows)
    return TracedColumn.visible(column.name, Traced(used_as(value.uses, "aggregate"), meaning))
