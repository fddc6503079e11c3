"""Finds the lineage of a column or of a whole table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alur.contracts.contract import Contract
from alur.errors import AlurError, EngineError
from alur.lineage.graph import Edge, LineageGraph, RowEdge
from alur.lineage.uses import SourceColumn
from alur.project.project import Project
from alur.project.suggestions import did_you_mean

Direction = Literal["upstream", "downstream"]


@dataclass(frozen=True)
class Lineage:
    """The lineage of some columns of one table, through the whole project.

    Attributes:
        columns: the columns asked for.
        is_whole: whether they are all columns of the table.
        edges: the uses, nearest first.
        rows: the columns that decide the rows of the tables on the way; downstream, the tables decided by the columns.
        caveats: the caveats of pipelines on the way, by table.
    """

    table: str
    columns: tuple[SourceColumn, ...]
    is_whole: bool
    direction: Direction
    edges: Sequence[Edge]
    rows: Sequence[RowEdge]
    caveats: Sequence[tuple[str, str]]


def lineage(
    project: Project,
    name: str,
    direction: Direction = "upstream",
    graph: LineageGraph | None = None,
) -> Lineage:
    """Return the lineage of a column, such as ``gold.daily_sales.revenue``, or of a table.

    Args:
        graph: the lineage of the whole project, if it is known.

    Raises:
        AlurError: the table or the column does not exist; the remedy suggests the nearest name.
        EngineError: the packages to run pipelines are not installed.
    """
    contract, columns, is_whole = _named(project, name)
    graph = graph or lineage_graph(project)
    if direction == "upstream":
        edges = graph.upstream(columns)
        tables = [contract.identifier, *(edge.source.table for edge in edges)]
        rows = graph.rows_of(dict.fromkeys(tables))
    else:
        edges = graph.downstream(columns)
        reached = dict.fromkeys([*columns, *(edge.target for edge in edges)])
        rows = graph.rows_decided_by(reached)
        tables = [edge.target.table for edge in edges] + [edge.table for edge in rows]
    caveats = [
        (table, text) for table in dict.fromkeys(tables) for text in graph.caveats.get(table, ())
    ]
    return Lineage(contract.identifier, columns, is_whole, direction, edges, rows, caveats)


def lineage_graph(project: Project) -> LineageGraph:
    """Return the lineage of a whole project.

    Raises:
        EngineError: the packages to run pipelines are not installed.
    """
    try:
        from alur.runtime.plan_facts import project_facts
    except ModuleNotFoundError as error:
        raise EngineError(
            f"lineage needs {error.name}, which is not installed",
            remedy='pip install "alur[local]"',
        ) from None
    return LineageGraph.of(project.pipelines, project_facts(project))


def _named(project: Project, name: str) -> tuple[Contract, tuple[SourceColumn, ...], bool]:
    """Return the table and the columns of a name."""
    whole, _, column = name.rpartition(".")
    names = {n for c in project.contracts for n in (c.identifier, c.table, c.name)}
    if name in names:
        contract = project.table(name)
        columns = (SourceColumn(contract.identifier, c.name) for c in contract.columns)
        return contract, tuple(columns), True
    if whole not in names:
        layers = any(c.layer == whole for c in project.contracts)
        table = name if layers or not whole else whole
        near = names if "." in table else {c.table for c in project.contracts}
        raise AlurError(f"no table {table!r}", remedy=did_you_mean(table, near, "tables"))
    contract = project.table(whole)
    known = [c.name for c in contract.columns]
    if column not in known:
        raise AlurError(
            f"{contract.identifier} has no column {column!r}",
            remedy=did_you_mean(column, known, "columns"),
        )
    return contract, (SourceColumn(contract.identifier, column),), False
