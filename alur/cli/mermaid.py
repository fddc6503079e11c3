"""Draws a lineage as a flowchart for Mermaid (https://mermaid.js.org)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur.lineage.uses import SourceColumn
    from alur.operations.lineage import Lineage


def diagram(found: Lineage) -> Iterator[str]:
    """Yield the lines of a flowchart: a box for each table, and a dotted arrow for what decides its rows."""
    ends = [end for edge in found.edges for end in (edge.source, edge.target)]
    columns = list(dict.fromkeys([*found.columns, *ends, *(edge.source for edge in found.rows)]))
    names = {column: f"c{number}" for number, column in enumerate(columns)}
    by_table: dict[str, list[SourceColumn]] = {edge.table: [] for edge in found.rows}
    for column in columns:
        by_table.setdefault(column.table, []).append(column)
    boxes = {table: f"t{number}" for number, table in enumerate(by_table)}
    yield "flowchart LR"
    for table, contained in by_table.items():
        yield f"  subgraph {boxes[table]}[{_quoted(table)}]"
        yield from (f"    {names[column]}[{_quoted(column.column)}]" for column in contained)
        yield "  end"
    for edge in found.edges:
        yield f"  {names[edge.source]} -->|{edge.how}| {names[edge.target]}"
    for row in found.rows:
        yield f"  {names[row.source]} -.->|{', '.join(sorted(row.reasons))}| {boxes[row.table]}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
