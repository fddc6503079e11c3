"""Parts of a plan that cannot be traced: their results may use all columns below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from alur.lineage.digests import digest
from alur.lineage.expressions import Caveats, ExpressionTracer, Scope
from alur.lineage.messages import body, ignored_seed, traced_fields
from alur.lineage.python_code import unreadable_parts
from alur.lineage.traced import NO_COLUMNS, Relation, Traced, named_columns, value_of
from alur.lineage.uses import NONE, all_deciders, union, used_as

_CONSTANTS = frozenset(["local_relation", "cached_local_relation", "range", "read"])
"""Relations without a relation below them."""
_IN_WORDS = {
    "map_partitions": "mapInPandas",
    "group_map": "applyInPandas",
    "co_group_map": "applyInPandas of cogrouped rows",
    "apply_in_pandas_with_state": "applyInPandasWithState",
    "common_inline_user_defined_table_function": "a Python table function",
    "project": "select",
    "sql": "spark.sql",
}


def unreadable(
    node: Any,
    below: Sequence[Relation],
    names_of: Callable[[Any], list[str]],
    caveats: Caveats,
) -> Relation:
    """Return a relation whose columns and rows depend on all columns of the relations below it."""
    kind = node.WhichOneof("rel_type")
    if kind not in _CONSTANTS:
        caveats.add(f"{_IN_WORDS.get(kind, kind)} may use all columns")
    below = [relation.in_order() for relation in below]
    everything = replace(
        NO_COLUMNS.schema,
        columns=tuple(column for relation in below for column in relation.schema.columns),
        below={k: schema for relation in below for k, schema in relation.schema.below.items()},
    )
    expressions = ExpressionTracer(Caveats())
    scope = Scope(Relation(everything))

    def traced(expression: Any) -> Traced:
        # A name counts even where several columns have it.
        return Traced(
            NONE, digest(_written(expression), expressions.trace(expression, scope).meaning)
        )

    function = getattr(body(node), "func", None)
    if function is not None:
        caveats.add_unreadable(_IN_WORDS.get(kind, kind), unreadable_parts(function))
    own = traced_fields(body(node), traced, ignored_seed(body(node)))
    # Functions see the names of columns, and their order.
    meaning = digest(kind, own.meaning, *(part for relation in below for part in _seen(relation)))
    values = [value for relation in below for value in relation.values]
    uses = used_as(union(value.uses for value in values), "value")
    deciders = all_deciders(relation.deciders for relation in below)
    columns = named_columns(names_of(node), uses, meaning)
    result = Relation(NO_COLUMNS.schema.with_columns(columns), deciders, meaning)
    return result.decided_by(uses, "function") if uses else result


def _written(expression: Any) -> str:
    """Return the meaning of an expression as it is written, whatever its names stand for."""
    kind = expression.WhichOneof("expr_type")
    inner = getattr(expression, kind)
    return traced_fields(inner, lambda node: Traced(NONE, _written(node))).meaning


def _seen(relation: Relation) -> list[str]:
    """Return the meanings of all that a function may see of a relation."""
    columns = relation.schema.columns
    return [relation.rows, *(f"{column.name} {value_of(column).meaning}" for column in columns)]
