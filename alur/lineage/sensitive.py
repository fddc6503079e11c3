"""Finds the columns that hold the data of a tag, whether they have it or not: a recording must show none of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alur.lineage.graph import LineageGraph
from alur.lineage.sources import columns_of, name_of
from alur.lineage.tagging import tagged_columns
from alur.lineage.uses import JoinedColumns, SourceColumn
from alur.project.project import Project


def sensitive_columns(
    project: Project, graph: LineageGraph, joins: Iterable[JoinedColumns]
) -> Mapping[SourceColumn, str]:
    """Return the columns that hold tagged data, each with why, such as ``joined with silver.customers.email``.

    These are the columns with a tag, those that a column with a declared tag comes from, those that a union puts into one
    column with them, those that a join compares with one of them, since it finds equal values, and those that come from
    these. A column declared with ``Tag(..., holds=False)`` is none of them.

    Args:
        joins: the columns that the project's joins compare.
    """
    found = _Sensitive(graph, _refusing(project))
    for column, other in joins:
        found.partners.setdefault(column, []).append(other)
        found.partners.setdefault(other, []).append(column)
    tagged = tagged_columns(project, graph)
    for at, paths in tagged.items():
        if paths:
            declared = any(len(path) == 1 for path in paths.values())
            found.add(at, "tagged", has_sources=declared)
    return found.spread()


@dataclass
class _Sensitive:
    graph: LineageGraph
    refusing: frozenset[SourceColumn]
    partners: dict[SourceColumn, list[SourceColumn]] = field(default_factory=dict)
    reasons: dict[SourceColumn, str] = field(default_factory=dict)
    queue: deque[tuple[SourceColumn, bool]] = field(default_factory=deque)

    def add(self, column: SourceColumn, reason: str, *, has_sources: bool) -> None:
        """Add a column, unless it is declared to hold no such data.

        Args:
            has_sources: whether the columns that it comes from hold the data, too.
        """
        if column not in self.refusing and column not in self.reasons:
            self.reasons[column] = reason
            self.queue.append((column, has_sources))

    def spread(self) -> dict[SourceColumn, str]:
        """Follow joins and lineage from the columns so far, and return all."""
        while self.queue:
            column, has_sources = self.queue.popleft()
            for partner in self.partners.get(column, ()):
                self.add(partner, f"joined with {column}", has_sources=True)
            for user, how in self.graph.users.get(column, {}).items():
                if how != "condition":
                    self.add(user, f"comes from {column}", has_sources=False)
            for source in self._sources_of(column, computed=has_sources):
                self.add(source, f"{column} comes from it", has_sources=True)
        return self.reasons

    def _sources_of(self, column: SourceColumn, *, computed: bool) -> list[SourceColumn]:
        """Return the columns whose values a column holds.

        Those that are copied beside sensitive values, as in a union, are of their kind. From the others a value is
        computed; none of them is returned if one is known to hold the data.
        """
        uses = self.graph.columns.get(column, {})
        sources = [source for source, how in uses.items() if how != "condition"]
        if computed and not any(source in self.reasons for source in sources):
            return sources
        return [source for source in sources if uses[source] == "copy"]


def _refusing(project: Project) -> frozenset[SourceColumn]:
    """Return the columns declared to hold no data of a tag, and none of another one."""
    sources = [(s, p) for p in project.pipelines for s in p.file_sources.values()]
    columns = [(name_of(s), column) for s, p in sources for column in columns_of(s, p)]
    columns += [(c.identifier, column) for c in project.contracts for column in c.columns]
    return frozenset(
        SourceColumn(table, column.name)
        for table, column in columns
        if column.tags and not any(tag.holds for tag in column.tags)
    )
