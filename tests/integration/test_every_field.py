"""No field of a plan changes what a pipeline means and leaves its fingerprint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql.connect.proto import relations_pb2

from alur.analysis.columns import Schema
from alur.lineage.expressions import Caveats
from alur.lineage.relations import RelationTracer
from alur.lineage.traced import Relation, Traced, TracedColumn, value_of
from alur.lineage.uses import SourceColumn
from tests.lineage.every_field import Edit, Expression, edits_of, source

RELATIONS_SAME = {
    "an order by which rows are the same": {
        "Aggregate.grouping_expressions: order",
        "Deduplicate.column_names: order",
        "Drop.column_names: order",
        "Drop.columns: order",
        "NADrop.cols: order",
        "NAFill.cols: order",
        "NAReplace.cols: order",
    },
    "columns are stored by name": {"Project.expressions: order", "Unpivot.ids: order"},
    "all columns are keys where a plan says so": {
        "Deduplicate.column_names",
        "Deduplicate.column_names: more",
    },
    "how the work is divided": {
        "Hint.name",
        "Hint.parameters",
        "Hint.parameters: more",
        "Hint.parameters: order",
        "Repartition.num_partitions",
        "Repartition.shuffle",
        "RepartitionByExpression.num_partitions",
        "RepartitionByExpression.partition_exprs",
        "RepartitionByExpression.partition_exprs: more",
        "RepartitionByExpression.partition_exprs: order",
    },
    "what is measured beside the rows": {
        "CollectMetrics.metrics",
        "CollectMetrics.metrics: more",
        "CollectMetrics.metrics: order",
        "CollectMetrics.name",
    },
    "a name within the plan": {
        "SubqueryAlias.alias",
        "SubqueryAlias.qualifier",
        "SubqueryAlias.qualifier: more",
        "SubqueryAlias.qualifier: order",
    },
    "without it the engine refuses the plan": {"SetOperation.allow_missing_columns"},
    "more values than columns, which no engine takes": {"NAFill.values: more"},
    "metadata of columns is not stored": {"Alias.metadata"},
    "a column has one name": {"Alias.name: more"},
    "the version of the client": {"PythonUDTF.python_ver"},
}
EXPRESSIONS_SAME = {
    "metadata of columns is not stored": {"Alias.metadata"},
    "a name within an expression": {"Alias.name", "Alias.name: more", "Alias.name: order"},
    "a name that only messages show": {"CommonInlineUserDefinedFunction.function_name"},
    "the version of the client": {"PythonUDF.python_ver"},
    "the name of a lambda's variable": {
        "UnresolvedNamedLambdaVariable.name_parts",
        "UnresolvedNamedLambdaVariable.name_parts: more",
        "UnresolvedNamedLambdaVariable.name_parts: order",
    },
    "numbers of plans differ in each process; here both stand for the same column": {
        "UnresolvedAttribute.plan_id"
    },
    "an engine matches all columns of the frame below": {"UnresolvedRegex.plan_id"},
}
"""Fields without meaning, by the reason."""


def _source(number: int, names: str) -> Relation:
    columns = (
        TracedColumn.visible(
            name, Traced({SourceColumn(f"silver.t{number}", name): "copy"}, f"{number}{name}")
        )
        for name in names
    )
    return Relation(Schema(tuple(columns)), base=f"rows {number}")


SOURCES = {n: _source(n, "abc" if n < 3 else "def") for n in (1, 2, 3, 4)}


def meaning(relation: Any) -> Any:
    """Return the meanings of a plan's columns by name, and of its rows, in their order if a limit follows."""
    tracer = RelationTracer(SOURCES, {}, lambda _: ["a", "b", "c"], Caveats())
    traced = tracer.trace(relation)
    columns = {(column.name, value_of(column).meaning) for column in traced.schema.columns}
    return columns, traced.rows, traced.in_order().rows


def unchanged(edits: Iterable[Edit]) -> Iterator[str]:
    for edit in edits:
        if meaning(edit.before) == meaning(edit.after):
            yield edit.path


def _selected(edits: Iterable[Edit]) -> Iterator[Edit]:
    for edit in edits:
        yield Edit(edit.path, *(_with(side) for side in (edit.before, edit.after)))


def _with(expression: Any) -> Any:
    named = Expression(alias=Expression.Alias(expr=expression, name=["x"]))
    return relations_pb2.Relation(
        project=relations_pb2.Project(input=source(1), expressions=[named])
    )


def test_every_field_of_a_relation_changes_the_meaning() -> None:
    """A field that PySpark adds either changes the meaning, or is to be listed with a reason."""
    same = set(unchanged(edits_of(relations_pb2.Relation, "rel_type")))
    assert same == {path for paths in RELATIONS_SAME.values() for path in paths}


def test_every_field_of_an_expression_changes_the_meaning() -> None:
    same = set(unchanged(_selected(edits_of(Expression, "expr_type"))))
    assert same == {path for paths in EXPRESSIONS_SAME.values() for path in paths}
