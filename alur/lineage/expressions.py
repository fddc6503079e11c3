"""Traces the expressions of a plan to the columns of sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alur.analysis.columns import Visible, column_by_name, column_of_plan, name_parts
from alur.analysis.sql_expressions import Unreadable, parsed_copy
from alur.lineage.digests import digest
from alur.lineage.messages import traced_fields
from alur.lineage.python_code import unreadable_parts
from alur.lineage.sql_names import column_names
from alur.lineage.traced import Relation, Traced, TracedColumn, value_of
from alur.lineage.uses import NONE, as_condition, union, used_as

_CHOOSES = frozenset({"when", "if"})
_NAMES_ITS_ARGUMENTS = frozenset({"struct", "arrays_zip"})
"""Functions whose results have fields named after their arguments."""
_PAIRS = frozenset(["posexplode", "posexplode_outer"])
"""Generators of two columns."""
_GENERATORS = _PAIRS | {"explode", "explode_outer", "inline", "inline_outer", "stack", "json_tuple"}
_GENERATES = re.compile(rf"(?i)\b({'|'.join(sorted(_GENERATORS))})\s*\(")


@dataclass
class Caveats:
    """Collects caveats, each of them once."""

    entries: dict[str, None] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Add a caveat."""
        self.entries[text] = None

    def add_unreadable(self, name: str, parts: Iterable[str]) -> None:
        """Add that a function counts as changed, since it reaches what cannot be compared."""
        for part in parts:
            self.add(f"{name} reaches {part}, which cannot be compared: it counts as changed")


@dataclass(frozen=True)
class Scope:
    """The names that an expression may use.

    Attributes:
        variables: the variables of the lambda functions around it, by their names in the plan.
    """

    relation: Relation
    variables: Mapping[str, str] = field(default_factory=dict)


class ExpressionTracer:
    """Traces expressions; what it cannot resolve counts as every column."""

    def __init__(self, caveats: Caveats) -> None:
        self._caveats = caveats
        self._tracers: dict[str, Callable[[Any, Scope], Traced]] = {
            "unresolved_attribute": self._attribute,
            "unresolved_star": lambda node, scope: _together(_starred(node, scope.relation)),
            "unresolved_regex": lambda node, scope: _together(_matching(node, scope.relation)),
            "unresolved_function": self._function,
            "call_function": self._function,
            "expression_string": self._text,
            "alias": lambda node, scope: self.trace(node.alias.expr, scope),
            "window": self._window,
            "lambda_function": self._lambda,
            "unresolved_named_lambda_variable": self._variable,
            "common_inline_user_defined_function": self._python_function,
        }

    def trace(self, node: Any, scope: Scope) -> Traced:
        """Return the value of an expression."""
        kind = node.WhichOneof("expr_type")
        if tracer := self._tracers.get(kind):
            return tracer(node, scope)
        return traced_fields(getattr(node, kind), lambda inner: self.trace(inner, scope))

    def columns(self, nodes: Sequence[Any], relation: Relation) -> list[Visible]:
        """Return the columns of a list of expressions, in which a star stands for several."""
        columns: list[Visible] = []
        for node in nodes:
            kind = node.WhichOneof("expr_type")
            if kind == "unresolved_star":
                columns += _starred(node, relation)
            elif kind == "unresolved_regex":
                columns += _matching(node, relation)
            elif kind == "unresolved_attribute":
                columns.append(self._column(node, relation))
            elif kind == "alias":
                value = self.trace(node.alias.expr, Scope(relation))
                columns += [TracedColumn.visible(name, value) for name in node.alias.name]
            elif kind == "expression_string":
                columns += self._columns_of_text(node, relation)
            else:
                value = self.trace(node, Scope(relation))
                is_pair = node.unresolved_function.function_name.lower() in _PAIRS
                columns += [TracedColumn.visible(None, value) for _ in range(1 + is_pair)]
        return columns

    def _columns_of_text(self, node: Any, relation: Relation) -> list[Visible]:
        try:
            parsed = parsed_copy(node.expression_string.expression)
        except Unreadable:
            value = self._text(node, Scope(relation))
            _, name = column_names(node.expression_string.expression)
            return [TracedColumn.visible(name, value)]
        return self.columns([parsed], relation)

    def _attribute(self, node: Any, scope: Scope) -> Traced:
        return value_of(self._column(node, scope.relation))

    def _column(self, node: Any, relation: Relation) -> Visible:
        """Return the column behind a name; a part of a column is a new one."""
        attribute = node.unresolved_attribute
        parts = [part.lower() for part in name_parts(attribute.unparsed_identifier)]
        schema = relation.schema
        match = None
        if attribute.HasField("plan_id"):
            match = column_of_plan(attribute.plan_id, parts, schema)
            if match is None and (below := schema.below.get(attribute.plan_id)):
                # Renamed or replaced on the way: its value is that of its origin.
                match = column_by_name(parts, below)
        visible, fields = match or column_by_name(parts, schema) or (None, [])
        if visible is None:
            return TracedColumn.visible(parts[-1], self._unresolved(parts, relation))
        if not fields:
            return visible
        value = value_of(visible)
        part = Traced(used_as(value.uses, "value"), digest("field", value.meaning, *fields))
        return TracedColumn.visible(fields[-1], part)

    def _unresolved(self, parts: Sequence[str], relation: Relation) -> Traced:
        """Return the value of a name without exactly one column: that of all with the name, or else of all."""
        named = [c for c in relation.schema.columns if c.name is not None and c.name in parts]
        if not named:
            self._caveats.add(f"the column {'.'.join(parts)!r} counts as all columns")
        value = _together(named or relation.schema.columns)
        return replace(value, meaning=digest("name", value.meaning, *parts))

    def _function(self, node: Any, scope: Scope) -> Traced:
        call = getattr(node, node.WhichOneof("expr_type"))
        name = call.function_name.lower()
        nodes = list(call.arguments)
        is_distinct = bool(getattr(call, "is_distinct", False))
        is_users = bool(getattr(call, "is_user_defined_function", False))
        kinds = [n.WhichOneof("expr_type") for n in nodes]
        if name == "count" and kinds == ["unresolved_star"] and not is_distinct:
            return Traced(NONE, digest("count *"))
        values = [self.trace(argument, scope) for argument in nodes]
        names = _names(nodes, scope.relation) if name in _NAMES_ITS_ARGUMENTS else ()
        meanings = [value.meaning for value in values]
        if name == "in":
            # A Python set has another order in each process.
            meanings[1:] = sorted(meanings[1:])
        meaning = digest(name, is_distinct, is_users, *names, *meanings)
        uses = [used_as(value.uses, "value") for value in values]
        if name in _CHOOSES:
            conditions = range(0, len(values) - 1, 2)
            uses = [as_condition(u) if n in conditions else u for n, u in enumerate(uses)]
        return Traced(union(uses), meaning)

    def _text(self, node: Any, scope: Scope) -> Traced:
        text = node.expression_string.expression
        try:
            return self.trace(parsed_copy(text), scope)
        except Unreadable:
            names, _ = column_names(text)
        meaning = digest("text", scope.relation.rows, text)
        if names is None:
            self._caveats.add(f"the SQL text {text!r} counts as all columns")
            return Traced(used_as(scope.relation.uses, "window"), meaning)
        found = [column_by_name(parts, scope.relation.schema) for parts in names]
        values = [
            value_of(match[0]) if match else self._unresolved(parts, scope.relation)
            for match, parts in zip(found, names, strict=True)
        ]
        meanings = digest(meaning, *(value.meaning for value in values))
        return Traced(used_as(union(value.uses for value in values), "value"), meanings)

    def _window(self, node: Any, scope: Scope) -> Traced:
        value = traced_fields(node.window, lambda inner: self.trace(inner, scope))
        meaning = digest("over", value.meaning, scope.relation.rows)
        return Traced(used_as(value.uses, "window"), meaning)

    def _lambda(self, node: Any, scope: Scope) -> Traced:
        function = node.lambda_function
        depth = len(scope.variables)
        variables = {
            variable.name_parts[0]: f"{depth + position}"
            for position, variable in enumerate(function.arguments)
        }
        inner = replace(scope, variables={**scope.variables, **variables})
        body = self.trace(function.function, inner)
        return Traced(body.uses, digest("lambda", len(variables), body.meaning))

    def _variable(self, node: Any, scope: Scope) -> Traced:
        name = node.unresolved_named_lambda_variable.name_parts[0]
        return Traced(NONE, digest("variable", scope.variables.get(name, name)))

    def _python_function(self, node: Any, scope: Scope) -> Traced:
        function = node.common_inline_user_defined_function
        self._caveats.add(f"the Python function {function.function_name} may use all its arguments")
        self._caveats.add_unreadable(function.function_name, unreadable_parts(function))
        return traced_fields(node, lambda inner: self.trace(inner, scope))


def generators(nodes: Sequence[Any]) -> list[Any]:
    """Return the calls in a list of expressions that make several rows of one."""
    return [call for node in nodes if (call := _generator(node)) is not None]


def _generator(node: Any) -> Any:
    match kind := node.WhichOneof("expr_type"):
        case "alias":
            return _generator(node.alias.expr)
        case "expression_string":
            text = node.expression_string.expression
            try:
                return _generator(parsed_copy(text))
            except Unreadable:
                return node if _GENERATES.search(text) else None
        case "unresolved_function" | "call_function":
            name = getattr(node, kind).function_name.lower()
            return node if name in _GENERATORS else None
        case _:
            return None


def _starred(node: Any, relation: Relation) -> list[Visible]:
    target = node.unresolved_star.unparsed_target.removesuffix(".*").lower()
    columns = relation.schema.columns
    if not target:
        return list(columns)
    qualified = [column for column in columns if target in column.qualifiers]
    # The fields of a struct, whose number only the engine knows.
    return qualified or [
        TracedColumn.visible(None, value_of(column)) for column in relation.schema.named(target)
    ]


def _matching(node: Any, relation: Relation) -> list[Visible]:
    """Return the columns whose names match a pattern; as in Spark, case does not matter."""
    pattern = node.unresolved_regex.col_name.strip("`")
    columns = relation.schema.columns
    try:
        matches = re.compile(pattern, re.IGNORECASE).fullmatch
    except re.error:
        return list(columns)
    return [column for column in columns if matches(column.name or "")]


def _together(columns: Sequence[Visible]) -> Traced:
    values = [value_of(visible) for visible in columns]
    uses = used_as(union(value.uses for value in values), "value")
    return Traced(uses, digest("all", *(value.meaning for value in values)))


def _names(nodes: Sequence[Any], relation: Relation) -> list[str]:
    """Return the names that expressions give to fields."""
    return [name for node in nodes for name in _names_of(node, relation)]


def _names_of(node: Any, relation: Relation) -> list[str]:
    match node.WhichOneof("expr_type"):
        case "alias":
            return [str(name) for name in node.alias.name]
        case "unresolved_attribute":
            return [name_parts(node.unresolved_attribute.unparsed_identifier)[-1]]
        case "unresolved_star":
            return [column.name or "" for column in _starred(node, relation)]
        case "unresolved_regex":
            return [column.name or "" for column in _matching(node, relation)]
        case "expression_string":
            text = node.expression_string.expression
            try:
                return _names_of(parsed_copy(text), relation)
            except Unreadable:
                return [text]
        case _:
            return [""]
