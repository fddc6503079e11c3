"""Traces the relations of a plan: the columns of sources in their values, and those that decide their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from alur.analysis.columns import name_parts
from alur.analysis.joining import conjuncts
from alur.lineage.combining import Combining
from alur.lineage.digests import digest
from alur.lineage.expressions import Caveats, ExpressionTracer, Scope
from alur.lineage.grouping import Grouping
from alur.lineage.messages import body, ignored_seed, inputs, traced_fields
from alur.lineage.part import Tracer
from alur.lineage.projecting import Projecting
from alur.lineage.sql_queries import QueryTracer, Untraceable
from alur.lineage.traced import NO_VALUE, Relation, Traced, TracedColumn, value_of
from alur.lineage.unreadable import unreadable
from alur.lineage.uses import NONE, JoinedColumns, union

_PASSED_ON = ("hint", "repartition", "repartition_by_expression", "collect_metrics")


class RelationTracer:
    """Traces relations; one that it cannot read counts as using all columns below it.

    Args:
        sources: the relations of the pipeline's sources, by plan id.
        views: the plans of the session's temporary views, by name in lower case.
        names_of: returns the engine's names for a relation's columns.

    Attributes:
        joins: the columns that the joins and filters of the traced relations compare.
    """

    def __init__(
        self,
        sources: Mapping[int, Relation],
        views: Mapping[str, Any],
        names_of: Callable[[Any], list[str]],
        caveats: Caveats,
    ) -> None:
        self._sources = sources
        self._views = views
        self._names_of = names_of
        self._caveats = caveats
        self._expressions = ExpressionTracer(caveats)
        self.joins: list[JoinedColumns] = []
        self._combining = Combining(self.trace, self._expressions, self.joins)
        self._tracers: dict[str, Tracer] = {
            "filter": self._filter,
            "sort": self._sort,
            "limit": self._cut,
            "offset": self._cut,
            "tail": self._cut,
            "sample": self._cut,
            "drop_na": self._drop_na,
            "read": self._read,
            "sql": self._sql,
            **dict.fromkeys(_PASSED_ON, lambda node: self.trace(body(node).input)),
            **Projecting(self.trace, self._expressions).tracers,
            **self._combining.tracers,
            **Grouping(self.trace, self._expressions, names_of).tracers,
        }

    def trace(self, node: Any) -> Relation:
        """Return a relation, with its columns."""
        plan_id = node.common.plan_id
        if plan_id in self._sources:
            relation = self._sources[plan_id]
        else:
            tracer = self._tracers.get(node.WhichOneof("rel_type"), self._unreadable)
            relation = self._named(node, tracer(node))
        schema = relation.schema
        below = {**schema.below, plan_id: schema}
        return replace(relation, schema=replace(schema, below=below))

    def _named(self, node: Any, relation: Relation) -> Relation:
        """Return a relation with the engine's names for columns that have none."""
        columns = relation.schema.columns
        if all(column.name is not None for column in columns):
            return relation
        names = self._names_of(node)
        if len(names) != len(columns):
            return self._unreadable(node)
        return relation.with_columns(
            column if column.name is not None else TracedColumn.visible(name, value_of(column))
            for column, name in zip(columns, names, strict=True)
        )

    def _filter(self, node: Any) -> Relation:
        relation = self.trace(node.filter.input)
        # After a cross join, a filter is the join's condition.
        self._combining.note_equalities(node.filter.condition, relation)
        scope = Scope(relation)
        for condition in conjuncts(node.filter.condition):
            value = self._expressions.trace(condition, scope)
            relation = relation.decided_by(value.uses, "filter")
            relation = replace(relation, conditions=relation.conditions | {value.meaning})
        return relation

    def _sort(self, node: Any) -> Relation:
        relation = self.trace(node.sort.input)
        scope = Scope(relation)
        keys = tuple(
            traced_fields(order, lambda inner: self._expressions.trace(inner, scope))
            for order in node.sort.order
        )
        is_global = Traced(NONE, digest("global", node.sort.is_global))
        return replace(relation, order=(is_global, *keys))

    def _cut(self, node: Any) -> Relation:
        """Trace a limit or a sample."""
        relation = self.trace(body(node).input).in_order()
        own = traced_fields(body(node), lambda _: NO_VALUE, ignored_seed(body(node)))
        return relation.with_rows(node.WhichOneof("rel_type"), own.meaning)

    def _drop_na(self, node: Any) -> Relation:
        relation = self.trace(node.drop_na.input)
        names = {name.lower() for name in node.drop_na.cols}
        chosen = [c for c in relation.schema.columns if not names or c.name in names]
        values = [value_of(column) for column in chosen]
        own = traced_fields(node.drop_na, lambda _: NO_VALUE, frozenset(["cols"]))
        decided = relation.decided_by(union(value.uses for value in values), "filter")
        return decided.with_rows("drop_na", own.meaning, *sorted(v.meaning for v in values))

    def _read(self, node: Any) -> Relation:
        name = node.read.named_table.unparsed_identifier
        parts = [part.lower() for part in name_parts(name)]
        if len(parts) == 1 and (view := self._views.get(parts[0])) is not None:
            relation = self.trace(view)
            return replace(relation, schema=relation.schema.aliased(parts[0]))
        label = name or ", ".join(node.read.data_source.paths)
        self._caveats.add(f"the pipeline reads {label!r}, which is not one of its sources")
        return self._unreadable(node)

    def _sql(self, node: Any) -> Relation:
        if not (node.sql.args or node.sql.pos_args):
            views = {name: self.trace(view) for name, view in self._views.items()}
            try:
                query = QueryTracer(views)
                relation = query.relation(node.sql.query, self._names_of(node))
                self.joins += query.joins
                return relation
            except Untraceable:
                pass
        return self._unreadable(node)

    def _unreadable(self, node: Any) -> Relation:
        below = [self.trace(inner) for inner in inputs(body(node))]
        if node.WhichOneof("rel_type") == "sql":
            views = sorted(self._views)
            aliased = [self.trace(self._views[name]).with_rows("view", name) for name in views]
            below = aliased
        return unreadable(node, below, self._names_of, self._caveats)
