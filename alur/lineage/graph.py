"""The lineage of a whole project, from the facts of its pipelines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from alur.lineage.facts import PlanFacts
from alur.lineage.uses import Deciders, How, Reason, SourceColumn, Uses
from alur.pipelines.pipeline import Pipeline


class Edge(NamedTuple):
    """A use of one column by another."""

    source: SourceColumn
    target: SourceColumn
    how: How


class RowEdge(NamedTuple):
    """A column that decides the rows of a table."""

    source: SourceColumn
    table: str
    reasons: frozenset[Reason]


@dataclass(frozen=True)
class LineageGraph:
    """Which columns of a project come from which.

    Attributes:
        columns: for each column that a pipeline writes, the columns it uses.
        row_deciders: for each table that a pipeline writes, the columns that decide its rows.
        caveats: the caveats of each table's pipeline, if it has any.
    """

    columns: Mapping[SourceColumn, Uses]
    row_deciders: Mapping[str, Deciders]
    caveats: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, pipelines: Iterable[Pipeline], facts: Mapping[str, PlanFacts]) -> LineageGraph:
        """Return the lineage of some pipelines with known facts."""
        written = [(p.target.identifier, facts[p.name]) for p in pipelines if p.name in facts]
        return cls(
            {
                SourceColumn(table, name): uses
                for table, known in written
                for name, uses in known.columns.items()
            },
            {table: known.row_deciders for table, known in written},
            {table: known.caveats for table, known in written if known.caveats},
        )

    @cached_property
    def users(self) -> Mapping[SourceColumn, Uses]:
        """For each column, the columns that use it."""
        users: dict[SourceColumn, dict[SourceColumn, How]] = {}
        for target, uses in self.columns.items():
            for source, how in uses.items():
                users.setdefault(source, {})[target] = how
        return users

    def upstream(self, starts: Iterable[SourceColumn]) -> list[Edge]:
        """Return the uses that lead to some columns, nearest first."""
        return _reached(starts, self._edges_to, lambda edge: edge.source)

    def downstream(self, starts: Iterable[SourceColumn]) -> list[Edge]:
        """Return the uses that begin at some columns, nearest first."""
        return _reached(starts, self._edges_from, lambda edge: edge.target)

    def rows_of(self, tables: Iterable[str]) -> list[RowEdge]:
        """Return the columns that decide the rows of some tables."""
        return [
            RowEdge(source, table, reasons)
            for table in tables
            for source, reasons in self.row_deciders.get(table, {}).items()
        ]

    def rows_decided_by(self, columns: Iterable[SourceColumn]) -> list[RowEdge]:
        """Return the tables whose rows some columns decide."""
        wanted = set(columns)
        return [edge for edge in self.rows_of(self.row_deciders) if edge.source in wanted]

    def _edges_to(self, target: SourceColumn) -> list[Edge]:
        return [Edge(source, target, how) for source, how in self.columns.get(target, {}).items()]

    def _edges_from(self, source: SourceColumn) -> list[Edge]:
        return [Edge(source, target, how) for target, how in self.users.get(source, {}).items()]


def _reached(
    starts: Iterable[SourceColumn],
    edges_at: Callable[[SourceColumn], list[Edge]],
    other_end: Callable[[Edge], SourceColumn],
) -> list[Edge]:
    queue = deque(dict.fromkeys(starts))
    seen, edges = set(queue), []
    while queue:
        for edge in edges_at(queue.popleft()):
            edges.append(edge)
            if other_end(edge) not in seen:
                seen.add(other_end(edge))
                queue.append(other_end(edge))
    return edges
