"""Traces joins, unions, intersections and differences in a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alur.analysis.columns import Visible
from alur.analysis.joining import EQUALITIES, conjuncts
from alur.analysis.sql_expressions import Unreadable, parsed_copy
from alur.lineage.digests import digest
from alur.lineage.expressions import ExpressionTracer, Scope
from alur.lineage.messages import traced_fields
from alur.lineage.part import PartTracer, Tracer
from alur.lineage.traced import NO_VALUE, Relation, Traced, TracedColumn, value_of
from alur.lineage.uses import JoinedColumns, all_deciders, joined, union


class Combining(PartTracer):
    """Traces operations on the rows of two relations.

    Args:
        joins: receives the columns that joins, intersections and differences compare.
    """

    def __init__(
        self, trace: Tracer, expressions: ExpressionTracer, joins: list[JoinedColumns]
    ) -> None:
        super().__init__(trace, expressions)
        self._joins = joins

    @property
    def tracers(self) -> Mapping[str, Tracer]:
        """The tracer of each kind of relation."""
        return {"join": self._join, "set_op": self._set_operation}

    def _join(self, node: Any) -> Relation:
        join = node.join
        kind = join.JoinType.Name(join.join_type).removeprefix("JOIN_TYPE_")
        left, right = self._trace(join.left), self._trace(join.right)
        shared = left.schema.below.keys() & right.schema.below.keys()
        left, right = _of_side("left", kind, left), _of_side("right", kind, right)
        left = replace(left, schema=left.schema.without_plans(shared))
        right = replace(right, schema=right.schema.without(left.schema))
        own = traced_fields(join.join_data_type, lambda _: NO_VALUE)
        both = Relation(
            replace(
                left.schema,
                columns=(*left.schema.columns, *right.schema.columns),
                below={**left.schema.below, **right.schema.below},
            ),
            all_deciders([left.deciders, right.deciders]),
            digest("join", kind, own.meaning, left.rows, right.rows),
        )
        if join.HasField("join_condition"):
            value = self._expressions.trace(join.join_condition, Scope(both))
            self.note_equalities(join.join_condition, both)
            both = both.decided_by(value.uses, "join").with_rows("on", value.meaning)
        if join.using_columns:
            both = self._using([n.lower() for n in join.using_columns], kind, both, left, right)
        elif kind in ("LEFT_SEMI", "LEFT_ANTI"):
            both = both.with_columns(left.schema.columns)
        return both

    def note_equalities(self, condition: Any, both: Relation) -> None:
        """Add the columns whose equality a condition demands to those that joins compare."""
        if condition.WhichOneof("expr_type") == "expression_string":
            try:
                condition = parsed_copy(condition.expression_string.expression)
            except Unreadable:
                return
        for part in conjuncts(condition):
            sides = part.unresolved_function.arguments
            if part.unresolved_function.function_name in EQUALITIES and len(sides) == 2:
                left, right = self._values(sides, both)
                self._joins += joined(left.uses, right.uses)

    def _using(
        self, names: Sequence[str], kind: str, both: Relation, left: Relation, right: Relation
    ) -> Relation:
        keys = []
        for name in names:
            pair = [_named(name, side) for side in (left, right)]
            values = [value_of(column) for column in pair]
            self._joins += joined(values[0].uses, values[1].uses)
            both = both.decided_by(union(value.uses for value in values), "join")
            both = both.with_rows("using", *(value.meaning for value in values))
            keys.append(_merged(kind, *pair))
        rest = [c for c in left.schema.columns if c.name not in names]
        if kind not in ("LEFT_SEMI", "LEFT_ANTI"):
            rest += [c for c in right.schema.columns if c.name not in names]
        return both.with_columns([*keys, *rest])

    def _set_operation(self, node: Any) -> Relation:
        operation = node.set_op
        left, right = self._trace(operation.left_input), self._trace(operation.right_input)
        kind = operation.SetOpType.Name(operation.set_op_type).removeprefix("SET_OP_TYPE_")
        pairs = _by_name(left, right) if operation.by_name else _by_position(left, right)
        combined = Relation(
            left.schema.with_columns(_united(kind, pair, left, right) for pair in pairs),
            all_deciders([left.deciders, right.deciders]),
            digest(kind, operation.is_all, left.rows, right.rows),
        )
        if kind == "UNION":
            return combined
        values = [*left.values, *right.values]
        for one, other in pairs:
            if one and other:
                self._joins += joined(value_of(one).uses, value_of(other).uses)
        decided = combined.decided_by(union(value.uses for value in values), "set")
        return decided.with_rows("set", *(value.meaning for value in values))


def _of_side(side: str, kind: str, relation: Relation) -> Relation:
    """Return one side of a join: values of both sides differ, even if they come from the same source."""
    columns: dict[int, Visible] = {}

    def moved(visible: Visible) -> Visible:
        if id(visible.column) not in columns:
            value = value_of(visible)
            meaning = digest(side, kind, value.meaning)
            column = TracedColumn(visible.column.name, None, replace(value, meaning=meaning))
            columns[id(visible.column)] = replace(visible, column=column)
        return replace(visible, column=columns[id(visible.column)].column)

    below = {
        plan_id: schema.with_columns(map(moved, schema.columns))
        for plan_id, schema in relation.schema.below.items()
    }
    schema = replace(
        relation.schema, columns=tuple(map(moved, relation.schema.columns)), below=below
    )
    return replace(relation, schema=schema)


def _named(name: str, relation: Relation) -> Visible:
    """Return the column of a relation with a name; a missing one is an error that the engine reports."""
    columns = relation.schema.named(name)
    if columns:
        return columns[0]
    return TracedColumn.visible(name, Traced(relation.uses, digest("missing", name)))


def _merged(kind: str, left: Visible, right: Visible) -> Visible:
    """Return the one column in place of two with the same name."""
    if kind == "RIGHT_OUTER":
        return right
    if kind == "FULL_OUTER":
        values = value_of(left), value_of(right)
        meaning = digest("coalesce", *(value.meaning for value in values))
        return TracedColumn.visible(left.name, Traced(union(v.uses for v in values), meaning))
    return left


Pair = tuple[Visible | None, Visible | None]


def _by_position(left: Relation, right: Relation) -> list[Pair]:
    return list(zip(left.schema.columns, right.schema.columns, strict=False))


def _by_name(left: Relation, right: Relation) -> list[Pair]:
    others = {column.name: column for column in right.schema.columns}
    pairs: list[Pair] = [(c, others.pop(c.name, None)) for c in left.schema.columns]
    return [*pairs, *((None, column) for column in others.values())]


def _united(kind: str, pair: Pair, left: Relation, right: Relation) -> Visible:
    """Return the column of a set operation; only a union takes values from both sides."""
    sides = zip(pair, (left, right), strict=True)
    values = [(value_of(column), side.rows) for column, side in sides if column]
    taken = values if kind == "UNION" else values[:1]
    name = next(column.name for column in pair if column)
    meaning = digest(kind, *(f"{value.meaning} {rows}" for value, rows in values))
    return TracedColumn.visible(name, Traced(union(value.uses for value, _ in taken), meaning))
