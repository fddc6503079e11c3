"""The lineage of a column or of a table as one page that needs no other file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from alur.lineage.graph import LineageGraph
from alur.lineage.tagging import Path
from alur.lineage.uses import FROM, SourceColumn, in_words
from alur.project.project import Project
from alur.site.datasets import datasets_of
from alur.site.graph_data import GraphData
from alur.site.rendering import GRAPH_SCRIPTS, STYLE, asset, render, script_data
from alur.site.uses import grouped

LINEAGE_MARK = '<meta name="generator" content="alur lineage">'
"""Each page has it in its head."""


def lineage_page(
    project: Project,
    graph: LineageGraph,
    tags: Mapping[SourceColumn, Mapping[str, Path]],
    tables: Iterable[str],
    column: str | None,
    direction: str,
) -> str:
    """Return the page.

    Args:
        graph: the uses to show.
        tables: the tables on the way, first the one that the page is about.
        column: the column that it is about; None for the whole table.
        direction: ``upstream`` or ``downstream``.

    Raises:
        EngineError: Jinja2 is not installed.
    """
    first, *others = dict.fromkeys(tables)
    every = datasets_of(project)
    datasets = {name: every[name] for name in every if name in {first, *others}}
    pairs = [
        (source.table, target.table) for target in graph.columns for source in graph.columns[target]
    ]
    pairs += [
        (source.table, table)
        for table in graph.row_deciders
        for source in graph.row_deciders[table]
    ]
    data = GraphData(datasets, tags).of(graph, dict.fromkeys(pairs), pages=False)
    options = {"focus": list(datasets).index(first), "column": column, "base": ""}
    script = "".join(
        [
            *map(asset, GRAPH_SCRIPTS),
            f"alur.data = {script_data(data)};\n",
            f'alur.lineage(document.querySelector(".lineage"), alur.data, {script_data(options)});\n',
        ]
    )
    uses = [
        (str(target), FROM[use.how], _name(use.dataset.name, use.column))
        for target, sources in graph.columns.items()
        for use in grouped(sources, datasets)
    ]
    rows = [
        (table, in_words(reasons), str(source))
        for table, deciders in graph.row_deciders.items()
        for source, reasons in deciders.items()
    ]
    return render(
        "lineage.html.j2",
        project=project.settings.project.name,
        name=str(SourceColumn(first, column)) if column else first,
        direction=direction,
        style=asset(STYLE),
        script=script,
        digest=b64encode(sha256(script.encode()).digest()).decode(),
        uses=uses,
        rows=rows,
        caveats=[(table, text) for table, texts in graph.caveats.items() for text in texts],
    )


def _name(table: str, column: str | None) -> str:
    return str(SourceColumn(table, column)) if column else f"all columns of {table}"
