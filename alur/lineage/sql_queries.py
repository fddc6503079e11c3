"""Traces the SQL of ``spark.sql``, as sqlglot parses it, over the session's temporary views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from alur.lineage.digests import digest
from alur.lineage.traced import NO_COLUMNS, Relation, Traced, TracedColumn, value_of
from alur.lineage.uses import (
    Deciders,
    How,
    JoinedColumns,
    Reason,
    Uses,
    all_deciders,
    as_condition,
    deciding,
    joined,
    union,
    used_as,
)

if TYPE_CHECKING:
    from sqlglot.optimizer.scope import Scope

_CLAUSES: tuple[tuple[str, Reason], ...] = (
    ("where", "filter"),
    ("having", "filter"),
    ("qualify", "filter"),
    ("group", "group"),
)

_ORDERS = ("order", "sort", "cluster", "distribute")
_GENERATORS = frozenset({"stack", "json_tuple"})
"""Generators that sqlglot does not know as such."""


class Untraceable(Exception):
    """A query that this module does not understand."""


class QueryTracer:
    """Traces queries on views.

    Args:
        views: the relations of temporary views, by name in lower case.

    Attributes:
        joins: the columns that joins, conditions, intersections and differences in the query compare.
    """

    def __init__(self, views: Mapping[str, Relation]) -> None:
        self._views = views
        self.joins: list[JoinedColumns] = []
        self._columns: dict[int, dict[str, Uses]] = {}
        self._deciders: dict[int, Deciders] = {}

    def relation(self, text: str, names: Sequence[str]) -> Relation:
        """Return the relation of a query.

        Args:
            names: the engine's names for its columns.

        Raises:
            Untraceable: the text holds something that may use other columns.
        """
        from sqlglot import exp
        from sqlglot.errors import SqlglotError
        from sqlglot.optimizer.scope import traverse_scope

        try:
            query = self._qualified(text)
            scopes = traverse_scope(query)
        except SqlglotError as error:
            raise Untraceable(str(error)) from error
        if not scopes:
            raise Untraceable(text)
        for scope in scopes:
            self._trace(scope)
        last = scopes[-1]
        columns = list(self._columns[id(last)].values())
        if len(columns) != len(names):
            raise Untraceable(text)
        read = {name for scope in scopes for name in self._read_by(scope)}
        used = {column.name for column in query.find_all(exp.Column)}
        meaning = digest("sql", query.sql(), *(self._meaning(name, used) for name in sorted(read)))
        visible = (
            TracedColumn.visible(name, Traced(uses, digest(meaning, position)))
            for position, (name, uses) in enumerate(zip(names, columns, strict=True))
        )
        order = tuple(
            Traced(self._uses(part, last), digest(meaning, "order"))
            for part in _orders(last.expression)
        )
        rows = Relation(NO_COLUMNS.schema, self._deciders[id(last)], meaning, order=order)
        return rows.with_columns(visible)

    def _qualified(self, text: str) -> Any:
        """Return a parsed query, each column with its table, and each star written out."""
        from sqlglot import exp, parse_one
        from sqlglot.optimizer.qualify import qualify

        schema: dict[str, object] = {
            name: {column.name: "string" for column in view.schema.columns if column.name}
            for name, view in self._views.items()
        }
        query = parse_one(text, dialect="spark")
        if query.find(exp.Pivot, exp.QueryTransform):
            raise Untraceable("columns that only the engine can name")
        return qualify(query, schema=schema, dialect="spark")

    def _read_by(self, scope: Scope) -> list[str]:
        from sqlglot import exp

        tables = [source for source in scope.sources.values() if isinstance(source, exp.Table)]
        return [table.name.lower() for table in tables]

    def _meaning(self, name: str, used: Set[str]) -> str:
        """Return the meaning of a view in a query that uses columns of some names."""
        view = self._view(name).in_order()
        columns = (c for c in view.schema.columns if c.name in used)
        return digest(name, view.rows, *sorted(f"{c.name} {value_of(c).meaning}" for c in columns))

    def _view(self, name: str) -> Relation:
        if name not in self._views:
            raise Untraceable(f"{name} is not a view of the pipeline")
        return self._views[name]

    def _trace(self, scope: Scope) -> None:
        """Note the columns of a query within the text, once those of its own queries are noted."""
        from sqlglot import exp

        below = [self._of_source(source)[1] for source in scope.sources.values()]
        inner = [self._deciders[id(part)] for part in scope.subquery_scopes]
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            self._trace_set_operation(scope, query)
            return
        if isinstance(query, exp.Lateral):
            # A lateral view, whose columns come from the arguments of its function.
            uses = self._uses(query.this, scope)
            self._columns[id(scope)] = {column.name: uses for column in query.args["alias"].columns}
            self._deciders[id(scope)] = deciding(uses, "explode")
            return
        if not isinstance(query, exp.Select):
            raise Untraceable(query.sql())
        columns = {item.alias_or_name: self._uses(item, scope) for item in query.selects}
        self._columns[id(scope)] = columns
        own = [
            deciding(self._uses(part, scope), reason)
            for clause, reason in _CLAUSES
            for part in _parts(query.args.get(clause))
        ]
        own += [deciding(self._uses(on, scope), "join") for on in _conditions(query)]
        for left, right in _equalities(query):
            self.joins += joined(self._uses(left, scope), self._compared(right, scope))
        if query.args.get("distinct"):
            own.append(deciding(union(columns.values()), "distinct"))
        own += self._from_order(scope)
        own += [deciding(self._uses(call, scope), "explode") for call in _generators(query)]
        if (group := query.args.get("group")) and group.args.get("all"):
            keys = [item for item in query.selects if not item.find(exp.AggFunc)]
            own += [deciding(self._uses(key, scope), "group") for key in keys]
        self._deciders[id(scope)] = all_deciders([*below, *inner, *own])

    def _from_order(self, scope: Scope) -> list[Deciders]:
        """Return what decides the rows by their order: for a limit, an offset, or a query around this one."""
        query = scope.expression
        if scope.is_root and not (query.args.get("limit") or query.args.get("offset")):
            return []
        return [deciding(self._uses(part, scope), "order") for part in _orders(query)]

    def _trace_set_operation(self, scope: Scope, query: Any) -> None:
        from sqlglot import exp

        sides = [self._columns[id(part)] for part in scope.set_operation_scopes]
        left, right = (list(side.values()) for side in sides)
        if len(left) != len(right):
            raise Untraceable(query.sql())
        pairs = zip(sides[0], left, right, strict=True)
        deciders = [self._deciders[id(part)] for part in scope.set_operation_scopes]
        if not isinstance(query, exp.Union):
            for one, other in zip(left, right, strict=True):
                self.joins += joined(one, other)
        if not isinstance(query, exp.Union) or query.args.get("distinct"):
            deciders.append(deciding(union([*left, *right]), "set"))
        self._columns[id(scope)] = {name: union([one, other]) for name, one, other in pairs}
        self._deciders[id(scope)] = all_deciders([*deciders, *self._from_order(scope)])

    def _of_source(self, source: Any) -> tuple[Mapping[str, Uses], Deciders]:
        """Return the columns and the deciders of a table in a query."""
        from sqlglot import exp

        if isinstance(source, exp.Table):
            view = self._view(source.name.lower())
            columns = {c.name: value_of(c).uses for c in view.schema.columns if c.name}
            return columns, view.in_order().deciders
        if id(source) not in self._columns:
            raise Untraceable("a query that refers to itself")
        return self._columns[id(source)], self._deciders[id(source)]

    def _uses(self, node: Any, scope: Scope) -> Uses:
        """Return what an expression uses, queries within it included."""
        from sqlglot import exp

        if isinstance(node, exp.Alias):
            return self._uses(node.this, scope)
        if isinstance(node, exp.Column):
            return self._of_column(node, scope)
        if isinstance(node, exp.Subquery | exp.Select):
            return self._of_subquery(node, scope)
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise Untraceable("a star within an expression")
        # The condition of a CASE or an IF is the first part of each branch.
        condition = node.this if isinstance(node, exp.If) else None
        parts = [
            as_condition(self._uses(part, scope)) if part is condition else self._uses(part, scope)
            for part in node.iter_expressions()
        ]
        if isinstance(node, exp.Window) and node.alias:
            parts.append(self._uses(_named_window(node.alias, scope), scope))
        how: How = "aggregate" if isinstance(node, exp.AggFunc) else "value"
        return used_as(union(parts), "window" if isinstance(node, exp.Window) else how)

    def _of_column(self, node: Any, scope: Scope) -> Uses:
        at: Any = scope
        if not node.table and (uses := self._columns.get(id(scope), {}).get(node.name)) is not None:
            # ORDER BY names a column of the result.
            return uses
        while at is not None and node.table not in at.sources:
            # A query within an expression may use the columns around it.
            at = at.parent
        if at is None:
            raise Untraceable(f"{node.sql()} is of no known table")
        columns, _ = self._of_source(at.sources[node.table])
        if node.name not in columns:
            raise Untraceable(f"{node.sql()} is not known")
        return columns[node.name]

    def _compared(self, node: Any, scope: Scope) -> Uses:
        """Return what the values of an expression use; of a query, only what its columns hold."""
        for part in scope.subquery_scopes:
            if part.expression is node.unnest():
                return union(self._columns[id(part)].values())
        return self._uses(node, scope)

    def _of_subquery(self, node: Any, scope: Scope) -> Uses:
        inner = node.unnest()
        for part in scope.subquery_scopes:
            if part.expression is inner:
                rows: Uses = dict.fromkeys(self._deciders[id(part)], "value")
                return used_as(union([*self._columns[id(part)].values(), rows]), "value")
        raise Untraceable(node.sql())


def _named_window(name: str, scope: Scope) -> Any:
    """Return the definition of a window in the WINDOW clause of a query."""
    for window in scope.expression.args.get("windows") or ():
        if window.name.lower() == name.lower():
            return window
    raise Untraceable(f"{name} is not a window of the query")


def _orders(query: Any) -> list[Any]:
    return [part for name in _ORDERS if (part := query.args.get(name))]


def _generators(query: Any) -> Iterator[Any]:
    """Yield the calls among a query's columns that make several rows of one."""
    from sqlglot import exp

    for item in query.selects:
        for call in item.find_all(exp.UDTF, exp.Anonymous):
            if not isinstance(call, exp.Anonymous) or call.name.lower() in _GENERATORS:
                yield call


def _conditions(query: Any) -> list[Any]:
    """Return the conditions of a query's joins; sqlglot has turned USING and NATURAL into conditions."""
    joins = _parts(query.args.get("joins"))
    return [join.args["on"] for join in joins if join.args.get("on")]


def _equalities(query: Any) -> Iterator[tuple[Any, Any]]:
    """Yield both sides of each equality that the conditions of a query's joins, or its WHERE, demand."""
    from sqlglot import exp

    conditions = _conditions(query)
    conditions += [where.this for where in _parts(query.args.get("where"))]
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            if isinstance(part, exp.EQ):
                yield part.left, part.right
            elif isinstance(part, exp.In) and (query := part.args.get("query")):
                yield part.this, query


def _parts(clause: Any) -> list[Any]:
    if clause is None:
        return []
    return clause if isinstance(clause, list) else [clause]
