"""Builds the files of a project's site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alur.lineage.graph import LineageGraph
from alur.lineage.tagging import tagged_columns
from alur.project.project import Project
from alur.site.columns import ColumnPages
from alur.site.datasets import ALL_LAYERS, LANDING, Dataset, datasets_of
from alur.site.graph_data import GraphData, reads_of
from alur.site.rendering import SCRIPTS, STYLE, asset, render, script_data
from alur.site.schedules import shown_schedules, starting
from alur.site.tables import TablePages
from alur.text import counted, in_one_line


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last commit to a table in the local warehouse.

    Attributes:
        committed_at: None if the table has never been written.
        problem: why it cannot be read; empty if it can.
    """

    committed_at: datetime | None = None
    rows: int = 0
    problem: str = ""


def site_files(
    project: Project, graph: LineageGraph, freshness: Mapping[str, Freshness] | None
) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file; the same project gives the same files.

    What changes with the tables is in ``assets/freshness.js`` alone.

    Args:
        freshness: by ``layer.table``; None to leave it out.

    Raises:
        EngineError: Jinja2 is not installed.
    """
    datasets = datasets_of(project)
    tags = tagged_columns(project, graph)
    schedules = shown_schedules(project)
    common = {
        "project": project.settings.project.name,
        "scripts": SCRIPTS,
        "style": STYLE,
        "has_freshness": freshness is not None,
    }
    yield (
        "index.html",
        render(
            "overview.html.j2",
            **common,
            base="",
            layers=_layers(datasets),
            schedules=schedules,
            counts=_counts(project, datasets),
        ),
    )
    columns = ColumnPages(datasets, graph, tags)
    pages = TablePages(project, datasets, columns, starting(project, schedules), graph.caveats)
    for number, dataset in enumerate(datasets.values()):
        page = pages.page(dataset)
        yield (
            dataset.page,
            render("table.html.j2", **common, base="../", page=page, number=number),
        )
    data = GraphData(datasets, tags).of(graph, reads_of(datasets))
    yield "assets/data.js", f"alur.data = {script_data(data)};\n"
    if freshness is not None:
        known = [_fresh(name, fresh) for name, fresh in freshness.items()]
        yield "assets/freshness.js", f"alur.freshness = {script_data(known)};\n"
    for name in (STYLE, *SCRIPTS, "pages.js"):
        yield f"assets/{name}", asset(name)


def _layers(datasets: Mapping[str, Dataset]) -> list[tuple[str, list[Dataset]]]:
    by_layer = [
        (layer, [dataset for dataset in datasets.values() if dataset.layer == layer])
        for layer in ALL_LAYERS
    ]
    return [(layer, found) for layer, found in by_layer if found]


def _counts(project: Project, datasets: Mapping[str, Dataset]) -> list[tuple[str, str]]:
    """Return how many of everything there are, each with the part of the page it leads to."""
    layers = [
        (
            layer,
            counted(len(found), "source of files", "sources of files")
            if layer == LANDING
            else f"{len(found):,} {layer}",
        )
        for layer, found in _layers(datasets)
    ]
    columns = sum(len(dataset.columns) for dataset in datasets.values())
    return [
        *layers,
        ("", counted(columns, "column")),
        ("", counted(len(project.pipelines), "pipeline")),
        ("schedules", counted(len(project.schedules), "schedule")),
    ]


def _fresh(name: str, fresh: Freshness) -> list[Any]:
    at = fresh.committed_at.isoformat(timespec="seconds") if fresh.committed_at else None
    return [name, at, fresh.rows, in_one_line(fresh.problem)]
