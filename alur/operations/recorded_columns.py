"""Which columns of a recorded test hold other values than the real ones, and what these must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alur.contracts.columns import INGESTED_AT, RUN_ID, SOURCE_FILE
from alur.lineage.facts import PlanFacts
from alur.lineage.graph import LineageGraph
from alur.lineage.sensitive import sensitive_columns
from alur.lineage.sources import columns_of, name_of
from alur.lineage.uses import JoinedColumns, SourceColumn
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import FileSource, Source
from alur.project.project import Project
from alur.runtime.fixtures.mask_limits import Limit, limits_at
from alur.runtime.fixtures.masked import Limits
from alur.runtime.fixtures.recorded import fixture_columns
from alur.runtime.fixtures.sampling import Link
from alur.runtime.fixtures.values import TextRow

_OF_NO_RUN = {INGESTED_AT: "2000-01-01T00:00:00Z", RUN_ID: "recorded"}


def hidden_columns(
    project: Project,
    facts: Mapping[str, PlanFacts],
    pipeline: Pipeline,
    sources: Mapping[str, Source],
    links: Iterable[Link],
) -> dict[str, dict[str, str]]:
    """Return the columns whose real values no recording shows, each with why, by parameter.

    Args:
        links: columns that this pipeline joins, beside those of the facts.
    """
    joins: list[JoinedColumns] = [pair for known in facts.values() for pair in known.joins]
    joins += [
        (
            SourceColumn(name_of(sources[link.source]), link.column),
            SourceColumn(name_of(sources[link.other]), link.other_column),
        )
        for link in links
    ]
    graph = LineageGraph.of(project.pipelines, facts)
    found = sensitive_columns(project, graph, joins)
    return {
        parameter: {
            column.name: found[at]
            for column in columns_of(source, pipeline)
            # The name of a landing file says where the test writes it.
            if not (column.name == SOURCE_FILE and isinstance(source, FileSource))
            and (at := SourceColumn(name_of(source), column.name)) in found
        }
        for parameter, source in sources.items()
    }


def limits_of(
    facts: PlanFacts, pipeline: Pipeline, sources: Mapping[str, Source]
) -> dict[str, Limits]:
    """Return the rules for values of each column: its own, and those of the target's columns that copy it."""
    return {
        parameter: {
            column.name: [*_limits(facts, pipeline, source, column.name)]
            for column in columns_of(source, pipeline)
        }
        for parameter, source in sources.items()
    }


def _limits(facts: PlanFacts, pipeline: Pipeline, source: Source, name: str) -> Iterator[Limit]:
    if not isinstance(source, FileSource):
        yield from limits_at(source.contract.rules, name, source.contract.identifier, name)
    target, at = pipeline.target, SourceColumn(name_of(source), name)
    for column, uses in facts.columns.items():
        if uses.get(at) == "copy":
            yield from limits_at(target.rules, column, target.identifier, name)


def without_runs(
    rows: Mapping[str, Sequence[TextRow]], facts: PlanFacts, sources: Mapping[str, Source]
) -> dict[str, list[TextRow]]:
    """Return rows with fixed values in the columns that each run writes anew, unless the pipeline uses them.

    So the same rows give the same recording after their table is written again.
    """
    used = {*facts.row_deciders, *(column for uses in facts.columns.values() for column in uses)}
    result = {}
    for parameter, own in rows.items():
        name = name_of(sources[parameter])
        fixed = {
            position: _OF_NO_RUN[column.name]
            for position, column in enumerate(fixture_columns(sources[parameter]))
            if column.name in _OF_NO_RUN and SourceColumn(name, column.name) not in used
        }
        result[parameter] = [
            tuple(fixed.get(position, text) for position, text in enumerate(row)) for row in own
        ]
    return result
