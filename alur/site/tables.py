"""The page of a table, or of landing files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alur.contracts.contract import Contract
from alur.contracts.rules import names_of
from alur.lineage.sources import name_of
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.settings import EnvironmentTable, Settings
from alur.site.columns import ColumnPages, ShownColumn, ShownUse
from alur.site.datasets import Dataset
from alur.site.links import Link, place_of
from alur.site.schedules import ShownSchedule
from alur.text import counted


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A quality rule; ``effect`` says what a row that breaks it does."""

    name: str
    words: str
    effect: str


@dataclass(frozen=True, slots=True)
class ShownPipeline:
    """A pipeline with its sources and its target."""

    name: str
    description: str
    place: str
    mode: str
    profile: str
    sources: tuple[Link, ...]
    target: Link


@dataclass(frozen=True, slots=True)
class TablePage:
    """Everything on a dataset's page.

    Attributes:
        facts: names and values of what is true of the whole table.
        caveats: why the lineage may name too many columns.
    """

    dataset: Dataset
    facts: tuple[tuple[str, str], ...]
    columns: tuple[ShownColumn, ...]
    has_rules: bool
    rules: tuple[ShownRule, ...]
    writer: ShownPipeline | None
    readers: tuple[ShownPipeline, ...]
    schedules: tuple[ShownSchedule, ...]
    row_deciders: tuple[ShownUse, ...]
    caveats: tuple[str, ...]


class TablePages:
    """Makes the pages of datasets.

    Args:
        schedules: the schedules that start each pipeline, by its name.
        caveats: the caveats of the lineage of each table.
    """

    def __init__(
        self,
        project: Project,
        datasets: Mapping[str, Dataset],
        columns: ColumnPages,
        schedules: Mapping[str, Iterable[ShownSchedule]],
        caveats: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._project = project
        self._datasets = datasets
        self._columns = columns
        self._schedules = schedules
        self._caveats = caveats

    def page(self, dataset: Dataset) -> TablePage:
        """Return the page of a dataset."""
        contract, writer = dataset.contract, dataset.writer
        columns = self._columns.columns(dataset)
        facts = self._facts(contract) if contract else self._file_facts(dataset)
        return TablePage(
            dataset,
            tuple(facts.items()),
            columns,
            any(column.rules for column in columns),
            tuple(_rules(contract)) if contract else (),
            self._pipeline(writer) if writer else None,
            tuple(self._pipeline(reader) for reader in dataset.readers),
            tuple(self._schedules.get(writer.name, ())) if writer else (),
            self._columns.row_deciders(dataset),
            self._caveats.get(dataset.name, ()),
        )

    def _facts(self, contract: Contract) -> dict[str, str]:
        breaks = "the write stops" if contract.on_violation == "fail" else "the write continues"
        return {
            "Owner": ", ".join(contract.owners) or "none",
            "Key": ", ".join(contract.key) or "none",
            "Partitions": ", ".join(map(str, contract.partition_by)) or "none",
            "Old snapshots": kept(self._project.settings, contract),
            "On a broken rule": breaks,
            "Contract": f"{contract.name}, {place_of(contract.location, self._project.root)}",
        }

    def _file_facts(self, dataset: Dataset) -> dict[str, str]:
        sources = [
            source
            for reader in dataset.readers
            for source in reader.file_sources.values()
            if source.pattern == dataset.name
        ]
        options = dict.fromkeys(f"{k}={v!r}" for source in sources for k, v in source.options)
        strict = any(source.strict for source in sources)
        return {
            "Format": ", ".join(dict.fromkeys(source.format for source in sources)),
            "Options": ", ".join(options) or "none",
            "Unknown columns": "refused" if strict else "passed over",
        }

    def _pipeline(self, pipeline: Pipeline) -> ShownPipeline:
        names = dict.fromkeys(map(name_of, pipeline.sources.values()))
        return ShownPipeline(
            pipeline.name,
            pipeline.description,
            place_of(pipeline.location, self._project.root),
            pipeline.mode,
            pipeline.resource_profile,
            tuple(Link(name, self._datasets[name].page) for name in names),
            Link(pipeline.target.identifier, self._datasets[pipeline.target.identifier].page),
        )


def kept(settings: Settings, contract: Contract) -> str:
    """Return in words how long a table keeps its snapshots, with the environments that differ."""
    common = _kept_in(contract, settings.defaults)
    different = [
        f"{words} in {name}"
        for name, table in settings.env.items()
        if (words := _kept_in(contract, settings.defaults | table)) != common
    ]
    return "; ".join([f"kept {common}", *different])


def _kept_in(contract: Contract, values: Mapping[str, Any]) -> str:
    retention = EnvironmentTable(**values).retention(contract)
    if retention is None:
        return "for good"
    hours = int(retention.keep.total_seconds()) // 3600
    time = counted(hours // 24, "day") if hours % 24 == 0 else counted(hours, "hour")
    latest = f", and the latest {retention.snapshots}" if retention.snapshots > 1 else ""
    return f"for {time}{latest}"


def _rules(contract: Contract) -> Iterable[ShownRule]:
    for rule, name in names_of(contract.rules).items():
        effect = "stops the write" if contract.stops_at(rule) else "is reported"
        yield ShownRule(name, rule.describe(), effect)
