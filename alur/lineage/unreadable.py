"""Parts of a plan that cannot be traced: their results may use all columns below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from alur.lineage.digests import digest
from alur.lineage.expressions import Caveats
from alur.lineage.messages import body, traced_fields
from alur.lineage.traced import NO_COLUMNS, NO_VALUE, Relation, named_columns
from alur.lineage.uses import all_deciders, union, used_as

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
    own = traced_fields(body(node), lambda _: NO_VALUE, frozenset(["input", "other", "seed"]))
    values = [value for relation in below for value in relation.values]
    meaning = digest(
        kind,
        own.meaning,
        *(relation.rows for relation in below),
        *(value.meaning for value in values),
    )
    uses = used_as(union(value.uses for value in values), "value")
    deciders = all_deciders(relation.in_order().deciders for relation in below)
    columns = named_columns(names_of(node), uses, meaning)
    result = Relation(NO_COLUMNS.schema.with_columns(columns), deciders, meaning)
    return result.decided_by(uses, "function") if uses else result
