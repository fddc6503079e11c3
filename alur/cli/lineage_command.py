"""``alur lineage``: shows the columns that a column comes from, or those that come from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alur.cli.completion import tables
from alur.cli.terminal import NOTE, OK, echo, echo_json, echo_prose, style
from alur.lineage.uses import FROM, TO, in_words

if TYPE_CHECKING:
    from alur.lineage.graph import Edge
    from alur.lineage.uses import SourceColumn
    from alur.operations.lineage import Direction, Lineage


@click.command()
@click.argument("name", shell_complete=tables)
@click.option(
    "--upstream",
    "direction",
    flag_value="upstream",
    default="upstream",
    help="Show what it comes from (the default).",
)
@click.option("--downstream", "direction", flag_value="downstream", help="Show what comes from it.")
@click.option("--json", "form", flag_value="json", help="Print JSON for other programs.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print a diagram for Mermaid.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with a picture to click through, which needs no other file.",
)
@click.option("--force", is_flag=True, help="Let --html replace a file that Alur has not written.")
def command(
    name: str, direction: Direction, form: str | None, page: Path | None, force: bool
) -> None:
    """Show the lineage of NAME: a table, or a column such as gold.daily_sales.revenue.

    Alur reads it from the plans of the pipelines, without data.
    """
    from alur.operations.lineage import lineage
    from alur.project.project import Project

    if page and form:
        raise click.UsageError(f"--html writes a file: leave out --{form}, or --html.")
    if force and not page:
        raise click.UsageError("--force needs --html.")
    if page:
        from alur.operations.documenting import write_lineage

        write_lineage(Project.load(), name, direction, page, force=force)
        echo(f"{OK} {page}")
        return
    found = lineage(Project.load(), name, direction)
    if form == "json":
        echo_json(_as_data(found))
    elif form == "mermaid":
        from alur.cli.mermaid import diagram

        echo("\n".join(diagram(found)))
    else:
        for line in _text(found):
            echo_prose(line)


def _text(found: Lineage) -> Iterator[str]:
    edges: dict[SourceColumn, list[Edge]] = {}
    is_upstream = found.direction == "upstream"
    for edge in found.edges:
        edges.setdefault(edge.target if is_upstream else edge.source, []).append(edge)
    for column in found.columns:
        yield style(str(column), "bold")
        if found.is_whole:
            yield from (f"  {_use(edge, is_upstream)}" for edge in edges.get(column, []))
        else:
            yield from _tree(column, edges, is_upstream, {column: None}, 1)
        if column not in edges:
            yield f"  {_without_edges(column, is_upstream)}"
    yield from _rows(found)
    for table, caveat in found.caveats:
        yield f"{NOTE} {table}: {caveat}"


def _without_edges(column: SourceColumn, is_upstream: bool) -> str:
    from alur.contracts.columns import OF_A_RUN

    if not is_upstream:
        return "used by no column"
    return "filled in by the run" if column.column in OF_A_RUN else "comes from no column"


def _tree(
    at: SourceColumn,
    edges: dict[SourceColumn, list[Edge]],
    is_upstream: bool,
    shown: dict[SourceColumn, None],
    depth: int,
) -> Iterator[str]:
    for edge in edges.get(at, []):
        other = edge.source if is_upstream else edge.target
        has_more = other in edges and other in shown
        yield f"{'  ' * depth}{_use(edge, is_upstream)}{' (see above)' if has_more else ''}"
        if other not in shown:
            shown[other] = None
            yield from _tree(other, edges, is_upstream, shown, depth + 1)


def _use(edge: Edge, is_upstream: bool) -> str:
    return f"{FROM[edge.how]} {edge.source}" if is_upstream else f"{TO[edge.how]} {edge.target}"


def _rows(found: Lineage) -> Iterator[str]:
    if not found.rows:
        return
    yield ""
    tables: dict[str, list[str]] = {}
    for edge in found.rows:
        reasons = in_words(edge.reasons)
        tables.setdefault(edge.table, []).append(f"  {edge.source} ({reasons})")
    for table, lines in tables.items():
        yield f"The rows of {table} depend on"
        yield from lines


def _as_data(found: Lineage) -> dict[str, Any]:
    return {
        "table": found.table,
        "columns": [column.column for column in found.columns],
        "direction": found.direction,
        "uses": [
            {"from": edge.source._asdict(), "to": edge.target._asdict(), "how": edge.how}
            for edge in found.edges
        ],
        "rows": [
            {"table": edge.table, "from": edge.source._asdict(), "reasons": sorted(edge.reasons)}
            for edge in found.rows
        ],
        "caveats": [{"table": table, "caveat": caveat} for table, caveat in found.caveats],
    }
