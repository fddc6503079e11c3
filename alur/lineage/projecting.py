"""Traces the parts of a plan that keep rows and change columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alur.analysis.columns import Visible
from alur.lineage.digests import digest
from alur.lineage.expressions import generators
from alur.lineage.messages import body, traced_fields
from alur.lineage.part import PartTracer, Tracer
from alur.lineage.traced import (
    NO_COLUMNS,
    NO_VALUE,
    Relation,
    Traced,
    TracedColumn,
    value_of,
)
from alur.lineage.uses import used_as


class Projecting(PartTracer):
    """Traces projections, renamings, and replacements of values; a generator makes several rows of one."""

    @property
    def tracers(self) -> Mapping[str, Tracer]:
        """The tracer of each kind of relation."""
        return {
            "project": self._project,
            "with_columns": self._with_columns,
            "with_columns_renamed": self._renamed,
            "to_df": self._to_df,
            "drop": self._drop,
            "subquery_alias": self._alias,
            "fill_na": self._replaced,
            "replace": self._replaced,
        }

    def _project(self, node: Any) -> Relation:
        is_empty = not node.project.HasField("input")
        relation = NO_COLUMNS if is_empty else self._trace(node.project.input)
        columns = self._expressions.columns(node.project.expressions, relation)
        return self._exploded(node.project.expressions, relation).with_columns(columns)

    def _with_columns(self, node: Any) -> Relation:
        relation = self._trace(node.with_columns.input)
        aliases = node.with_columns.aliases
        nodes = [alias.expr for alias in aliases]
        values = self._values(nodes, relation)
        computed = {
            alias.name[0].lower(): TracedColumn.visible(alias.name[0], value)
            for alias, value in zip(aliases, values, strict=True)
        }
        names = {column.name for column in relation.schema.columns}
        kept = [computed.get(column.name or "", column) for column in relation.schema.columns]
        new = [column for name, column in computed.items() if name not in names]
        return self._exploded(nodes, relation).with_columns([*kept, *new])

    def _exploded(self, nodes: Sequence[Any], relation: Relation) -> Relation:
        exploded = relation
        for value in self._values(generators(nodes), relation):
            exploded = exploded.decided_by(value.uses, "explode")
            exploded = exploded.with_rows("explode", value.meaning)
        return exploded

    def _renamed(self, node: Any) -> Relation:
        relation = self._trace(node.with_columns_renamed.input)
        given = dict(node.with_columns_renamed.rename_columns_map)
        names = {old.lower(): new.lower() for old, new in given.items()}
        return relation.with_columns(
            column.renamed(names.get(column.name or "", column.name))
            for column in relation.schema.columns
        )

    def _to_df(self, node: Any) -> Relation:
        relation = self._trace(node.to_df.input)
        pairs = zip(relation.schema.columns, node.to_df.column_names, strict=False)
        return relation.with_columns(column.renamed(name.lower()) for column, name in pairs)

    def _drop(self, node: Any) -> Relation:
        relation = self._trace(node.drop.input)
        names = {name.lower() for name in node.drop.column_names}
        given = self._expressions.columns(node.drop.columns, relation)
        dropped = {id(visible.column) for visible in given}
        return relation.with_columns(
            column
            for column in relation.schema.columns
            if column.name not in names and id(column.column) not in dropped
        )

    def _alias(self, node: Any) -> Relation:
        relation = self._trace(node.subquery_alias.input)
        return replace(relation, schema=relation.schema.aliased(node.subquery_alias.alias.lower()))

    def _replaced(self, node: Any) -> Relation:
        """Trace ``fillna`` and ``replace``, which change values of some columns or of all."""
        relation = self._trace(body(node).input)
        names = [name.lower() for name in body(node).cols]
        own = body(node)
        kind = node.WhichOneof("rel_type")

        def changed(column: Visible) -> Visible:
            if names and column.name not in names:
                return column
            value = value_of(column)
            position = names.index(column.name or "") if names else 0
            # One value for all columns, or one each.
            given = (
                [own.values[position if len(own.values) > 1 else 0]]
                if kind == "fill_na"
                else own.replacements
            )
            meanings = (traced_fields(item, lambda _: NO_VALUE).meaning for item in given)
            new = digest(kind, *meanings, value.meaning)
            return TracedColumn.visible(column.name, Traced(used_as(value.uses, "value"), new))

        return relation.with_columns(map(changed, relation.schema.columns))
