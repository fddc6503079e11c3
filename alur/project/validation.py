"""Checks that a project's parts fit together. Each check returns all its problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence

from alur.contracts.contract import Contract
from alur.errors import AlurError, ContractError, Location, PipelineError
from alur.pipelines.pipeline import Pipeline
from alur.project.graph import Graph
from alur.project.settings import Settings
from alur.project.suggestions import did_you_mean


def contract_problems(contracts: Sequence[Contract]) -> list[AlurError]:
    """Return problems of contracts: several for one table, or no contract at all."""
    problems: list[AlurError] = []
    if not contracts:
        problems.append(
            ContractError(
                "the project declares no contracts",
                remedy="declare one, such as class Orders(BronzeTable): order_id: str",
            )
        )
    by_table: dict[str, Contract] = {}
    for contract in contracts:
        other = by_table.setdefault(contract.identifier, contract)
        if other is not contract:
            problems.append(
                ContractError(
                    f"{contract.name} and {other.name} ({other.location}) "
                    f"are both the table {contract.identifier}",
                    where=contract.location,
                    remedy=f'rename one: class {contract.name}(..., name="another_name")',
                )
            )
    return problems


def pipeline_problems(pipelines: Sequence[Pipeline], settings: Settings) -> list[AlurError]:
    """Return problems of pipelines: duplicate names, or unknown resource profiles."""
    problems: list[AlurError] = []
    by_name: dict[str, Pipeline] = {}
    for pipeline in pipelines:
        other = by_name.setdefault(pipeline.name, pipeline)
        if other is not pipeline:
            problems.append(
                PipelineError(
                    f"two pipelines are named {pipeline.name!r}; the other is at {other.location}",
                    where=pipeline.location,
                    remedy="rename one of the functions",
                )
            )
        if pipeline.resource_profile not in settings.profiles:
            nearest = did_you_mean(pipeline.resource_profile, settings.profiles, "profiles")
            problems.append(
                PipelineError(
                    f"{pipeline.name}: no resource profile {pipeline.resource_profile!r}",
                    where=pipeline.location,
                    remedy=f"{nearest} (or define [resource_profiles.{pipeline.resource_profile}])",
                )
            )
    return problems


def graph_problems(pipelines: Sequence[Pipeline], *, complete: bool = True) -> list[AlurError]:
    """Return problems of the graph: several pipelines for one target, a source without a writer, a cycle.

    If modules are missing (``complete`` is False), do not report tables without a writer.
    """
    writers: dict[str, list[Pipeline]] = defaultdict(list)
    for pipeline in pipelines:
        writers[pipeline.target.identifier].append(pipeline)
    problems: list[AlurError] = [
        PipelineError(
            f"{extra.name} and {first.name} ({first.location}) both write {extra.target.name}",
            where=extra.location,
            remedy="give each its own target; a third pipeline can union them",
        )
        for first, *others in writers.values()
        for extra in others
    ]
    if complete:
        problems += _unwritten_problems(pipelines, writers.keys())
    return [*problems, *_cycle_problems(pipelines)]


def _unwritten_problems(pipelines: Iterable[Pipeline], written: Container[str]) -> list[AlurError]:
    """Return a problem for each source table without a writer, at the first pipeline that reads it."""
    unwritten: dict[str, Contract] = {}
    readers: dict[str, dict[str, Location]] = defaultdict(dict)
    for pipeline in pipelines:
        for contract in pipeline.table_sources.values():
            if contract.identifier not in written:
                unwritten.setdefault(contract.identifier, contract)
                readers[contract.identifier].setdefault(pipeline.name, pipeline.location)
    return [
        PipelineError(
            f"no pipeline writes {contract.name}, which {_listed([*readers[identifier]])}",
            where=next(iter(readers[identifier].values())),
            remedy=f"write a pipeline with target={contract.name}",
        )
        for identifier, contract in unwritten.items()
    ]


def _listed(readers: Sequence[str]) -> str:
    if len(readers) == 1:
        return f"{readers[0]} reads"
    *others, last = readers if len(readers) <= 4 else (*readers[:3], f"{len(readers) - 3} more")
    return f"{', '.join(others)} and {last} read"


def _cycle_problems(pipelines: Iterable[Pipeline]) -> list[AlurError]:
    by_name = {pipeline.name: pipeline for pipeline in pipelines}
    path = Graph.of(by_name.values()).cycle()
    if path is None:
        return []
    where: Location = by_name[path[0]].location
    return [
        PipelineError(
            f"the pipelines wait for each other: {' → '.join(path)}",
            where=where,
            remedy=f"drop a source of one of them; {path[0]} cannot read what is derived from its own table",
        )
    ]
