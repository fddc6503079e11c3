"""Reads joins in a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alur.analysis.columns import PlanColumn, Schema, Visible
from alur.analysis.reading import NO_SCHEMA, PartReader, Reader
from alur.analysis.scope import Scope
from alur.analysis.values import Value

_KINDS = {
    "JOIN_TYPE_INNER": "inner",
    "JOIN_TYPE_FULL_OUTER": "full",
    "JOIN_TYPE_LEFT_OUTER": "left",
    "JOIN_TYPE_RIGHT_OUTER": "right",
    "JOIN_TYPE_LEFT_ANTI": "anti",
    "JOIN_TYPE_LEFT_SEMI": "semi",
    "JOIN_TYPE_CROSS": "cross",
}
EQUALITIES = {"==": "", "<=>": " null-safe"}
"""The functions that compare keys, each with its addition to a join's name."""


class Joining(PartReader):
    """Reads joins, on conditions and on columns of the same name."""

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        return {"join": self._join}

    def _join(self, node: Any) -> Schema:
        join = node.join
        left = self._read(join.left)
        right = self._read(join.right)
        shared = left.below.keys() & right.below.keys()
        left, right = left.without_plans(shared), right.without(left)
        kind = _KINDS.get(join.JoinType.Name(join.join_type))
        if kind is None or join.HasField("join_data_type"):
            self._findings.add("a join", "its kind is unknown", node)
            return NO_SCHEMA
        both = Schema((*left.columns, *right.columns), {**left.below, **right.below})
        if join.using_columns:
            return self._using(node, kind, left, right)
        if join.HasField("join_condition"):
            self._condition(node, kind, both)
        elif kind not in ("inner", "cross"):
            self._findings.add(f"join {kind}", "it has no condition", node)
        return left if kind in ("anti", "semi") else both

    def _condition(self, node: Any, kind: str, both: Schema) -> None:
        """Read a condition, and check the keys of its equalities: engines match these by hash."""
        condition, scope = node.join.join_condition, Scope.of(both)
        self._expressions.read(condition, scope)
        for part in conjuncts(self._expressions.plain(condition)):
            name = part.unresolved_function.function_name
            if name in EQUALITIES:
                keys = self._expressions.read_all(part.unresolved_function.arguments, scope)
                self._expressions.check_key(f"join {kind}{EQUALITIES[name]}", keys, node)

    def _using(self, node: Any, kind: str, left: Schema, right: Schema) -> Schema:
        names = list(node.join.using_columns)
        keys: list[Visible] = []
        for name in names:
            pair = left.named(name), right.named(name)
            for side, schema, found in zip(("left", "right"), (left, right), pair, strict=True):
                if len(found) != 1:
                    reason, remedy = schema.why_unresolved([name])
                    subject = f"column {name!r} of the join's {side} side"
                    self._findings.add_unresolved(subject, reason, node, remedy)
                    return NO_SCHEMA
            types = [visible.column.type for (visible,) in pair]
            if None not in types and types[0] != types[1]:
                self._findings.add(f"join on {name}", "its types on both sides differ", node)
            self._expressions.check_key(f"join {kind}", [Value(t) for t in types], node)
            keys.append(_merged(kind, *pair[0], *pair[1]))
        below = {**left.below, **right.below}
        rest = [c for c in left.columns if c.name not in names]
        others = (
            [] if kind in ("anti", "semi") else [c for c in right.columns if c.name not in names]
        )
        return Schema((*keys, *rest, *others), below)


def _merged(kind: str, left: Visible, right: Visible) -> Visible:
    """Return the one column in place of two with the same name."""
    if kind == "right":
        return right
    if kind == "full":
        return Visible(PlanColumn(left.name, left.column.type), left.name)
    return left


def conjuncts(condition: Any) -> Iterator[Any]:
    """Yield the parts of a condition joined by ``and``."""
    if condition.unresolved_function.function_name.lower() == "and":
        for side in condition.unresolved_function.arguments:
            yield from conjuncts(side)
    else:
        yield condition
