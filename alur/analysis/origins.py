"""Finds the origin of a column within a plan."""

from __future__ import annotations

from typing import Any

from alur.analysis.columns import name_parts


def origin(relation: Any, name: str) -> Any:
    """Return the node that creates a column: an expression, or else the relation in which it begins.

    Follow passed on and renamed columns to the relations below. None if the node is unknown.
    """
    kind = relation.WhichOneof("rel_type")
    body: Any = getattr(relation, kind)
    match kind:
        case "with_columns":
            aliases = [alias for alias in body.aliases if name in alias.name]
            return (
                _origin_of_value(aliases[-1].expr, body.input)
                if aliases
                else origin(body.input, name)
            )
        case "project":
            return _listed(body.expressions, body.input, name)
        case "aggregate":
            given = [*body.grouping_expressions, *body.aggregate_expressions]
            return _listed(given, body.input, name)
        case "with_columns_renamed":
            before = {new: old for old, new in dict(body.rename_columns_map).items()}
            return origin(body.input, before.get(name, name))
        case "join":
            return origin(body.left, name) or origin(body.right, name)
        case "set_op":
            return origin(body.left_input, name)
        case _:
            inner = getattr(body, "input", None)
            return relation if inner is None else origin(inner, name)


def _listed(expressions: Any, below: Any, name: str) -> Any:
    """Return the origin of a column according to a projection's list."""
    for expression in expressions:
        kind = expression.WhichOneof("expr_type")
        if kind == "alias" and name in expression.alias.name:
            return _origin_of_value(expression.alias.expr, below)
        if kind == "unresolved_attribute" and _last(expression) == name:
            return origin(below, name)
    if any(e.WhichOneof("expr_type") == "unresolved_star" for e in expressions):
        return origin(below, name)
    return None


def _origin_of_value(expression: Any, below: Any) -> Any:
    if expression.WhichOneof("expr_type") == "unresolved_attribute":
        return origin(below, _last(expression)) or expression
    return expression


def _last(expression: Any) -> str:
    return name_parts(expression.unresolved_attribute.unparsed_identifier)[-1]
