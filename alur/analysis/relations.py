"""Reads the relations of a plan: their columns, and whether they are certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.sql import types as T

from alur.analysis.certificate import Certificate
from alur.analysis.columns import Schema, Visible, name_parts
from alur.analysis.expressions import ExpressionReader
from alur.analysis.findings import Findings
from alur.analysis.frame_functions import FrameFunctions
from alur.analysis.grouping import Grouping
from alur.analysis.joining import Joining
from alur.analysis.missing_values import MissingValues
from alur.analysis.reading import NO_SCHEMA, Reader
from alur.analysis.rewriting import Rewrites
from alur.analysis.scope import Scope
from alur.analysis.set_operations import SetOperations
from alur.analysis.values import Value

_GENERATORS = frozenset({"posexplode", "posexplode_outer", "inline", "inline_outer", "stack"})


class RelationReader:
    """Reads relations, and reports uncertified parts.

    Args:
        sources: the schemas of the pipeline's sources, by plan id.
        views: the schemas of the session's temporary views, by name.
    """

    def __init__(
        self,
        certificate: Certificate,
        findings: Findings,
        sources: Mapping[int, T.StructType],
        views: Mapping[str, Schema],
        rewrites: Rewrites,
    ) -> None:
        self._findings = findings
        self._sources = {
            plan_id: Schema.of((field.name, field.dataType) for field in schema.fields)
            for plan_id, schema in sources.items()
        }
        self._views = views
        self.expressions = ExpressionReader(certificate, findings, rewrites)
        frames = FrameFunctions(certificate, findings, self.read, self.expressions)
        self._readers: dict[str, Reader] = {
            "project": self._project,
            "filter": self._filter,
            "sort": self._sort,
            "limit": self._limit,
            "deduplicate": self._deduplicate,
            "subquery_alias": self._alias,
            "to_df": self._to_df,
            "with_columns_renamed": self._renamed,
            "with_columns": self._with_columns,
            "drop": self._drop,
            "hint": lambda node: self.read(node.hint.input),
            "repartition": lambda node: self.read(node.repartition.input),
            "repartition_by_expression": lambda n: self.read(n.repartition_by_expression.input),
            "local_relation": self._local,
            "range": lambda _: Schema.of([("id", T.LongType())]),
            "read": self._read_table,
            **Joining(findings, self.read, self.expressions).readers,
            **Grouping(findings, self.read, self.expressions).readers,
            **SetOperations(findings, self.read, self.expressions).readers,
            **MissingValues(findings, self.read, self.expressions).readers,
            **frames.readers,
        }

    def read(self, node: Any) -> Schema:
        """Return the columns of a relation."""
        with self._findings.of_relation(node):
            return self._read(node)

    def _read(self, node: Any) -> Schema:
        plan_id = node.common.plan_id
        if plan_id in self._sources:
            schema = self._sources[plan_id]
        else:
            kind = node.WhichOneof("rel_type")
            reader = self._readers.get(kind)
            if reader is None:
                self._findings.add(kind, "Alur cannot read this part of a plan", node)
                return NO_SCHEMA
            schema = reader(node)
        return replace(schema, below={**schema.below, plan_id: schema})

    def _local(self, node: Any) -> Schema:
        reason = "Spark converts Python values to rows by other rules"
        self._findings.add("createDataFrame", reason, node)
        return NO_SCHEMA

    def _read_table(self, node: Any) -> Schema:
        parts = name_parts(node.read.named_table.unparsed_identifier)
        is_named = node.read.WhichOneof("read_type") == "named_table"
        if is_named and len(parts) == 1 and (view := self._views.get(parts[0])):
            return view.aliased(parts[0])
        self._findings.add("reading a table or files", "its columns are unknown", node)
        return NO_SCHEMA

    def _project(self, node: Any) -> Schema:
        schema = self.read(node.project.input)
        values: list[Visible] = []
        for expression in node.project.expressions:
            if _generates_several(expression):
                self._findings.add("a generator of several columns", "Alur cannot read it", node)
            read = self.expressions.read_all([expression], Scope.of(schema))
            values += [_shown(value, schema) for value in read]
        return schema.with_columns(values)

    def _filter(self, node: Any) -> Schema:
        schema = self.read(node.filter.input)
        self.expressions.read(node.filter.condition, Scope.of(schema))
        return schema

    def _sort(self, node: Any) -> Schema:
        schema = self.read(node.sort.input)
        for order in node.sort.order:
            self.expressions.read(order.child, Scope.of(schema))
        return schema

    def _limit(self, node: Any) -> Schema:
        schema = self.read(node.limit.input)
        if node.limit.input.WhichOneof("rel_type") != "sort":
            self._findings.add("limit", "without an order, it may return any rows", node)
            return schema
        sort = node.limit.input.sort
        keys = [self.expressions.read(order.child, Scope.of(schema)) for order in sort.order]
        self.expressions.check_key("order by", keys, node)
        return schema

    def _deduplicate(self, node: Any) -> Schema:
        schema = self.read(node.deduplicate.input)
        given = node.deduplicate
        names = {column.name for column in schema.columns}
        if not given.all_columns_as_keys and set(given.column_names) != names:
            self._findings.add(
                "dropDuplicates", "it may keep any of the rows with the same key", node
            )
            return schema
        values = [Value(column.column.type) for column in schema.columns]
        subject = "distinct" if given.all_columns_as_keys else "drop duplicates"
        self.expressions.check_key(subject, values, node)
        return schema

    def _alias(self, node: Any) -> Schema:
        return self.read(node.subquery_alias.input).aliased(node.subquery_alias.alias)

    def _to_df(self, node: Any) -> Schema:
        schema = self.read(node.to_df.input)
        names = node.to_df.column_names
        if len(names) != len(schema.columns):
            self._findings.add("toDF", "the numbers of names and columns differ", node)
            return NO_SCHEMA
        pairs = zip(schema.columns, names, strict=True)
        return schema.with_columns(column.renamed(name) for column, name in pairs)

    def _renamed(self, node: Any) -> Schema:
        schema = self.read(node.with_columns_renamed.input)
        names = dict(node.with_columns_renamed.rename_columns_map)
        self._check_names(list(names), schema, node)
        return schema.with_columns(
            column.renamed(names.get(column.name or "", column.name)) for column in schema.columns
        )

    def _with_columns(self, node: Any) -> Schema:
        schema = self.read(node.with_columns.input)
        computed: dict[str, Visible] = {}
        for alias in node.with_columns.aliases:
            value = self.expressions.read(alias.expr, Scope.of(schema))
            computed[alias.name[0]] = _shown(value.called(alias.name[0]), schema)
        self._check_names(list(computed), schema, node)
        names = {column.name for column in schema.columns}
        kept = [computed.get(column.name or "", column) for column in schema.columns]
        new = [column for name, column in computed.items() if name not in names]
        return schema.with_columns([*kept, *new])

    def _drop(self, node: Any) -> Schema:
        schema = self.read(node.drop.input)
        self._check_names(node.drop.column_names, schema, node)
        gone = {id(c) for name in node.drop.column_names for c in schema.named(name)}
        for expression in node.drop.columns:
            value = self.expressions.read(expression, Scope.of(schema))
            gone |= {id(c) for c in schema.columns if c.column is value.column}
        return schema.with_columns(c for c in schema.columns if id(c) not in gone)

    def _check_names(self, names: Sequence[str], schema: Schema, node: Any) -> None:
        """Report names that differ from a column only in case: Spark would treat them as the same."""
        known = {column.name: column for column in schema.columns if column.name}
        spelled = {name.lower() for name in known}
        for name in names:
            if name not in known and name.lower() in spelled:
                self._findings.add(
                    f"column {name!r}", "another column's name differs only in case", node
                )
        if None in {column.name for column in schema.columns} and names:
            self._findings.add("a column without a name", "name it with alias", node)


def _shown(value: Value, schema: Schema) -> Visible:
    """Return the column of a projection; one passed on under its name keeps its qualifiers."""
    visible = value.visible()
    same = (column for column in schema.columns if column.column is visible.column)
    return next(same, visible)


def _generates_several(expression: Any) -> bool:
    inner = expression.alias.expr if expression.WhichOneof("expr_type") == "alias" else expression
    return inner.unresolved_function.function_name.lower() in _GENERATORS
