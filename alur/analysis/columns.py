"""The columns of a relation in a plan, and their lookup by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyspark.sql import types as T

from alur.project.suggestions import did_you_mean

_PART = re.compile(r"`((?:[^`]|``)+)`|([^.`]+)")


@dataclass(frozen=True, eq=False)
class PlanColumn:
    """A column of a relation. Relations that pass it on share the same object.

    Attributes:
        name: the engine's name for it; None if unknown.
        type: None if unknown.
    """

    name: str | None
    type: T.DataType | None


@dataclass(frozen=True)
class Visible:
    """A column as a relation shows it.

    Attributes:
        qualifiers: the aliases that may stand before its name.
    """

    column: PlanColumn
    name: str | None
    qualifiers: frozenset[str] = frozenset()

    def renamed(self, name: str | None) -> Visible:
        """Return the column under a name. As in Spark, a new name makes a new column."""
        return self if name == self.name else Visible(replace(self.column, name=name), name)


@dataclass(frozen=True)
class Schema:
    """The columns of a relation in order, and the schemas of the relations below it, by plan id."""

    columns: tuple[Visible, ...]
    below: Mapping[int, Schema] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Iterable[tuple[str | None, T.DataType | None]]) -> Schema:
        """Return the schema of new columns."""
        columns = (PlanColumn(name, type_) for name, type_ in fields)
        return cls(tuple(Visible(column, column.name) for column in columns))

    def named(self, name: str) -> list[Visible]:
        """Return the columns with exactly this name."""
        return [visible for visible in self.columns if visible.name == name]

    def why_unresolved(self, parts: Sequence[str]) -> tuple[str, str]:
        """Return what is wrong with a name without a column, and what helps.

        >>> Schema.of([("id", T.LongType()), ("amount", T.LongType())]).why_unresolved(["amuont"])
        ('does not exist', "did you mean 'amount'?")
        """
        remedy = "rename it in one frame before the join, or name its frame, as in orders['id']"
        given = {part.lower() for part in parts}
        alike = [c.name for c in self.columns if c.name is not None and c.name.lower() in given]
        if len(alike) > 1:
            return "is the name of several columns", remedy
        if alike:
            return "is ambiguous", remedy
        names = dict.fromkeys(column.name for column in self.columns if column.name is not None)
        return "does not exist", did_you_mean(parts[-1], names, "columns")

    def with_columns(self, columns: Iterable[Visible]) -> Schema:
        """Return a schema with other columns over the same relations."""
        return replace(self, columns=tuple(columns))

    def without(self, others: Schema) -> Schema:
        """Return the schema as the right side of a join, without columns shared with the left side.

        Columns of both sides become new ones. Relations below both sides can no longer be named.
        """
        left = {id(column.column) for column in others.columns}
        new = {id(c.column): replace(c.column) for c in self.columns if id(c.column) in left}

        def moved(schema: Schema) -> tuple[Visible, ...]:
            return tuple(replace(c, column=new.get(id(c.column), c.column)) for c in schema.columns)

        below = {
            plan_id: replace(schema, columns=moved(schema))
            for plan_id, schema in self.below.items()
            if plan_id not in others.below
        }
        return Schema(moved(self), below)

    def without_plans(self, plan_ids: Iterable[int]) -> Schema:
        """Return the schema without some relations below, whose names have become ambiguous."""
        ambiguous = set(plan_ids)
        return replace(self, below={k: v for k, v in self.below.items() if k not in ambiguous})

    def aliased(self, alias: str) -> Schema:
        """Return the schema with one qualifier for all its columns."""
        qualifier = frozenset([alias])
        return self.with_columns(replace(c, qualifiers=qualifier) for c in self.columns)

    def struct(self) -> T.StructType | None:
        """Return the schema as Spark's type; None if a name or a type is unknown."""
        fields = [(c.name, c.column.type) for c in self.columns]
        if not all(name is not None and type_ is not None for name, type_ in fields):
            return None
        return T.StructType([T.StructField(name, type_) for name, type_ in fields])  # type: ignore[arg-type]


def name_parts(identifier: str) -> list[str]:
    """Return the parts of a dotted name.

    >>> name_parts("o.`a.b`.c")
    ['o', 'a.b', 'c']
    """
    return [(quoted or plain).replace("``", "`") for quoted, plain in _PART.findall(identifier)]


def column_by_name(parts: list[str], schema: Schema) -> tuple[Visible, list[str]] | None:
    """Return the named column, and the names of struct fields after it.

    None if no column or several have the name.
    """
    if len(parts) > 1:
        qualified = [c for c in schema.named(parts[1]) if parts[0] in c.qualifiers]
        if len(qualified) == 1:
            return qualified[0], parts[2:]
        if qualified:
            return None
    plain = schema.named(parts[0]) if parts else []
    return (plain[0], parts[1:]) if len(plain) == 1 else None


def column_of_plan(
    plan_id: int, parts: list[str], schema: Schema
) -> tuple[Visible, list[str]] | None:
    """Return the current form of a column from a relation below; None if it is missing or ambiguous."""
    origin = schema.below.get(plan_id)
    match = column_by_name(parts, origin) if origin else None
    if match is None:
        return None
    visible, fields = match
    now = [c for c in schema.columns if c.column is visible.column]
    return (now[0], fields) if len(now) == 1 else None
