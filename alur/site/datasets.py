"""The tables and landing files of a project, each with its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from alur.contracts.columns import CHANGE_COLUMN, Column
from alur.contracts.contract import LAYERS, Contract
from alur.lineage.sources import columns_of
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project

DEFAULT_FOLDER = ".alur/docs"
"""The folder of a site, relative to alur.toml."""

LANDING = "landing"
ALL_LAYERS = (LANDING, *LAYERS)
"""The layers of a site, from left to right."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table, or the landing files of one pattern.

    Attributes:
        name: ``layer.table``, or the pattern, as in a lineage.
        layer: ``landing`` for files.
        title: the table's name, or the pattern.
        page: the path of its page in the site.
        contract: None for files.
        writer: the pipeline that writes it; None if none does.
    """

    name: str
    layer: str
    title: str
    page: str
    columns: tuple[Column, ...]
    contract: Contract | None
    writer: Pipeline | None
    readers: tuple[Pipeline, ...]

    @property
    def description(self) -> str:
        """The contract's docstring; empty for files."""
        return self.contract.description if self.contract else ""


def page_of(contract: Contract) -> str:
    """Return the path of a table's page in the site."""
    return f"{contract.layer}/{contract.table}.html"


def datasets_of(project: Project) -> dict[str, Dataset]:
    """Return the tables and landing files of a project by name, in the order of layers and titles."""
    found = sorted(
        [*_landing(project), *_tables(project)],
        key=lambda dataset: (ALL_LAYERS.index(dataset.layer), dataset.title),
    )
    return {dataset.name: dataset for dataset in found}


def _tables(project: Project) -> Iterator[Dataset]:
    writers = {pipeline.target.identifier: pipeline for pipeline in project.pipelines}
    readers: dict[str, dict[str, Pipeline]] = {}
    for pipeline in project.pipelines:
        for contract in pipeline.table_sources.values():
            readers.setdefault(contract.identifier, {})[pipeline.name] = pipeline
    sources = (s for pipeline in project.pipelines for s in pipeline.changes_sources.values())
    changing = {source.contract.identifier for source in sources}
    for contract in project.contracts:
        name = contract.identifier
        reading = tuple(readers.get(name, {}).values())
        yield Dataset(
            name,
            contract.layer,
            contract.table,
            page_of(contract),
            (*contract.columns, CHANGE_COLUMN) if name in changing else contract.columns,
            contract,
            writers.get(name),
            reading,
        )


def _landing(project: Project) -> Iterator[Dataset]:
    columns: dict[str, dict[str, Column]] = {}
    readers: dict[str, dict[str, Pipeline]] = {}
    names: dict[str, str] = {}
    for pipeline in project.pipelines:
        for source in pipeline.file_sources.values():
            names[source.pattern] = source.name
            readers.setdefault(source.pattern, {})[pipeline.name] = pipeline
            known = columns.setdefault(source.pattern, {})
            known |= {column.name: column for column in columns_of(source, pipeline)}
    taken: set[str] = set()
    for pattern in sorted(names):
        page = f"{LANDING}/{_free_name(names[pattern], taken)}.html"
        reading = tuple(readers[pattern].values())
        found = tuple(columns[pattern].values())
        yield Dataset(pattern, LANDING, pattern, page, found, None, None, reading)


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name for a file of its own, also where letters' case makes no difference."""
    plain = re.sub(r"[^a-z0-9_]", "-", name.lower())
    free, count = plain, 1
    while free in taken:
        count += 1
        free = f"{plain}-{count}"
    taken.add(free)
    return free
