"""The columns and rows of a plan's relations, traced back to the sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from alur.analysis.columns import PlanColumn, Schema, Visible
from alur.lineage.digests import digest
from alur.lineage.uses import NONE, Deciders, Reason, Uses, all_deciders, deciding, union


@dataclass(frozen=True, slots=True)
class Traced:
    """The value of an expression.

    Attributes:
        meaning: a digest that is the same for expressions that compute the same in the same way.
    """

    uses: Uses
    meaning: str


NO_VALUE = Traced(NONE, "")


@dataclass(frozen=True, eq=False)
class TracedColumn(PlanColumn):
    """A column of a relation, with its value. Names are in lower case, since Spark ignores it."""

    value: Traced = NO_VALUE

    @classmethod
    def visible(cls, name: str | None, value: Traced) -> Visible:
        """Return a new column with a value."""
        column = cls(name.lower() if name else None, None, value)
        return Visible(column, column.name)


def value_of(visible: Visible) -> Traced:
    """Return the value of a relation's column."""
    assert isinstance(visible.column, TracedColumn)
    return visible.column.value


@dataclass(frozen=True)
class Relation:
    """A relation of a plan.

    Attributes:
        base: the meaning of its rows before filters.
        conditions: the meanings of the filters; their order does not matter.
        order: the values by which the rows are sorted, in which a limit is interested.
    """

    schema: Schema
    deciders: Deciders = field(default_factory=dict)
    base: str = ""
    conditions: frozenset[str] = frozenset()
    order: tuple[Traced, ...] = ()

    @property
    def rows(self) -> str:
        """The meaning of its rows."""
        return digest(self.base, *sorted(self.conditions)) if self.conditions else self.base

    @property
    def values(self) -> list[Traced]:
        """The values of its columns."""
        return [value_of(visible) for visible in self.schema.columns]

    @property
    def uses(self) -> Uses:
        """Everything its columns use."""
        return union(value.uses for value in self.values)

    def with_columns(self, columns: Iterable[Visible]) -> Relation:
        """Return the same rows with other columns."""
        return replace(self, schema=self.schema.with_columns(columns))

    def decided_by(self, uses: Uses, reason: Reason) -> Relation:
        """Return a relation whose rows depend on further columns."""
        return replace(self, deciders=all_deciders([self.deciders, deciding(uses, reason)]))

    def with_rows(self, *meaning: object) -> Relation:
        """Return a relation with other rows, described by ``meaning`` and the present rows."""
        return replace(self, base=digest(*meaning, self.rows), conditions=frozenset())

    def in_order(self) -> Relation:
        """Return a relation whose rows depend on their order so far."""
        if not self.order:
            return self
        by_order = self.decided_by(union(value.uses for value in self.order), "order")
        return by_order.with_rows("order", *(value.meaning for value in self.order))


def named_columns(names: Iterable[str], uses: Uses, meaning: str) -> tuple[Visible, ...]:
    """Return columns that all use the same, each with a meaning of its own."""
    return tuple(TracedColumn.visible(name, Traced(uses, digest(meaning, name))) for name in names)


NO_COLUMNS = Relation(Schema(()))
"""The relation of a projection without an input."""
