"""Follows differences of tables downstream, by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from alur.operations.change_plan import Affected, Difference

if TYPE_CHECKING:
    from alur.contracts.contract import Contract
    from alur.lineage.facts import PlanFacts
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project

Facts = Mapping[str, "PlanFacts"]
"""What is known of pipelines, by name; the others use every column of their sources, for all that is known."""
Differences = Mapping[str, Difference]
"""What differs in tables, by ``layer.table``."""


def downstream(project: Project, facts: Facts, starts: Differences) -> Iterator[Affected]:
    """Yield the pipelines whose tables differ because others do, with the columns that do, in the order of the graph.

    Args:
        starts: what differs in the first place.
    """
    differences = dict(starts)
    for name in project.graph.order():
        pipeline = project.pipeline(name)
        table = pipeline.target.identifier
        own = starts.get(table, Difference())
        difference = own.union(passed_on(pipeline, facts.get(name), differences))
        if difference != own:
            differences[table] = difference
            yield Affected(name, table, difference)


def passed_on(pipeline: Pipeline, facts: PlanFacts | None, differences: Differences) -> Difference:
    """Return what differs in a pipeline's target because its sources differ."""
    sources = {source.identifier for source in pipeline.table_sources.values()}
    read = {table: differences[table] for table in sources & differences.keys()}
    if not read:
        return Difference()
    differing = {(table, column) for table, one in read.items() for column in one.columns}
    has_other_rows = any(difference.rows for difference in read.values())
    if facts is None or has_other_rows or not differing.isdisjoint(map(tuple, facts.row_deciders)):
        return everything(pipeline.target)
    columns = (
        name for name, uses in facts.columns.items() if not differing.isdisjoint(map(tuple, uses))
    )
    return Difference(tuple(sorted(columns)))


def everything(contract: Contract) -> Difference:
    """Return the difference of a table that may have other rows."""
    return Difference(tuple(sorted(c.name for c in contract.declared_columns)), rows=True)
