"""Records tests of pipelines from real rows, and runs recorded tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from alur.errors import AlurError
from alur.lineage.facts import PlanFacts
from alur.lineage.sources import columns_of, name_of
from alur.lineage.uses import JoinedColumns, SourceColumn
from alur.operations.recorded_columns import hidden_columns, limits_of, without_runs
from alur.operations.source_rows import open_sources
from alur.pipelines.pipeline import Pipeline
from alur.pipelines.sources import Source
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.fixtures.masked import masked_rows
from alur.runtime.fixtures.ordering import in_order
from alur.runtime.fixtures.outcome import Outcome, outcome_of
from alur.runtime.fixtures.recorded import (
    RecordedTest,
    distinct_sources,
    expected_columns,
    fixture_columns,
    recorded_tests,
    restore_recordings,
)
from alur.runtime.fixtures.replay import Replay, open_replay
from alur.runtime.fixtures.sampling import Link, sample
from alur.runtime.fixtures.values import TextRow, table_of, text_rows
from alur.runtime.plan_facts import project_facts
from alur.runtime.results import Event, Notice
from alur.text import counted

ROWS = 20
"""The number of rows recorded of each source, unless another is given."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded.

    Attributes:
        rows: the number of rows of each source, by parameter.
        expected: the number of rows of the expected result.
        masked: the columns whose values were replaced, each with why: ``tagged``, or ``joined with`` a tagged one.
        notices: remarks of the run.
    """

    test: RecordedTest
    rows: Mapping[str, int]
    expected: int
    masked: Mapping[SourceColumn, str]
    notices: tuple[str, ...]


def record_test(
    project: Project,
    pipeline: str,
    rows: int = ROWS,
    environment: str = LOCAL,
    *,
    force: bool = False,
) -> Recording:
    """Record a test of a pipeline: sampled rows of its sources, and its result for them.

    The same rows give the same sample. Rows of several sources are chosen so that their join keys match. Values of columns
    with a tag, that come from such columns or are joined with them, are replaced.

    Args:
        rows: the maximum number of rows of each source.
        environment: whose tables and landing files to read.
        force: whether to replace an earlier recording.

    Raises:
        AlurError: there is a recording already, a source has no rows, the pipeline fails on the sample, or gives rows only
            for the values that were replaced.

    >>> def record_all(project: Project):
    ...     for pipeline in project.pipelines:
    ...         record_test(project, pipeline.name, environment="prod")
    """
    test = RecordedTest.of(project, pipeline)
    restore_recordings(project.root)
    if test.exists and not force:
        raise AlurError(
            f"the test of {test.pipeline.name} is already recorded in {test.shown_folder}",
            remedy="replace it with --force",
        )
    sources = distinct_sources(test.pipeline)
    opened = open_sources(project, project.environment(environment), sources)
    facts = project_facts(project)
    links = _links(facts[test.pipeline.name], test.pipeline, sources)
    sampled = without_runs(sample(opened, links, rows), facts[test.pipeline.name], sources)
    _refuse_empty(test.pipeline, sampled, sources)
    hidden = hidden_columns(project, facts, test.pipeline, sources, links)
    limits = limits_of(facts[test.pipeline.name], test.pipeline, sources)
    chosen = {
        parameter: in_order(own, fixture_columns(sources[parameter]), opened[parameter].key)
        for parameter, own in masked_rows(sampled, sources, hidden, limits).items()
    }
    with open_replay(project) as replay:
        expected, notices = _result(replay, test.pipeline, chosen, sources)
        original = (
            _rows_of(replay, test.pipeline, sampled, sources) if any(hidden.values()) else None
        )
    _refuse_lost(test.pipeline, len(expected), original)
    test.write(chosen, expected)
    return Recording(
        test,
        {parameter: len(own) for parameter, own in chosen.items()},
        len(expected),
        {
            SourceColumn(name_of(sources[parameter]), name): reason
            for parameter, reasons in hidden.items()
            for name, reason in reasons.items()
        },
        (*notices, *_remarks(len(expected), original)),
    )


def run_tests(project: Project, pipelines: Iterable[str] = ()) -> Iterator[Outcome]:
    """Run the recorded tests of some pipelines, by default all, and yield how each ended.

    Raises:
        AlurError: there is no such test, or the engine is not available.

    >>> def failed(project: Project):
    ...     return [outcome.pipeline for outcome in run_tests(project) if not outcome.passed]
    """
    restore_recordings(project.root)
    tests = [RecordedTest.of(project, name) for name in pipelines] or recorded_tests(project)
    for test in tests:
        if not test.exists:
            raise AlurError(
                f"no test of {test.pipeline.name} is recorded",
                remedy=f"record one: alur test --record {test.pipeline.name}",
            )
    if not tests:
        raise AlurError(
            "no test is recorded", remedy="record one: alur test --record, and a pipeline's name"
        )
    with open_replay(project) as replay:
        for test in tests:
            yield outcome_of(test, replay)


def _links(facts: PlanFacts, pipeline: Pipeline, sources: Mapping[str, Source]) -> list[Link]:
    """Return the columns by which a pipeline joins its sources, else those with the name of a key."""
    names = {parameter: name_of(source) for parameter, source in sources.items()}
    links = [link for pair in facts.joins for link in _links_of(pair, names)]
    return links or list(_links_by_name(pipeline, sources))


def _links_of(pair: JoinedColumns, names: Mapping[str, str]) -> Iterator[Link]:
    one, other = pair
    for first in (p for p, name in names.items() if name == one.table):
        for second in (p for p, name in names.items() if name == other.table):
            if first != second:
                yield Link(first, one.column, second, other.column)


def _links_by_name(pipeline: Pipeline, sources: Mapping[str, Source]) -> Iterator[Link]:
    columns = {
        parameter: {column.name for column in columns_of(source, pipeline) if not column.system}
        for parameter, source in sources.items()
    }
    keys = {name for contract in pipeline.table_sources.values() for name in contract.key}
    parameters = list(sources)
    for position, first in enumerate(parameters):
        for second in parameters[position + 1 :]:
            for name in sorted(columns[first] & columns[second] & keys):
                yield Link(first, name, second, name)


def _refuse_empty(
    pipeline: Pipeline, sampled: Mapping[str, list[TextRow]], sources: Mapping[str, Source]
) -> None:
    if not any(sampled.values()):
        names = ", ".join(name_of(sources[parameter]) for parameter in sampled)
        raise AlurError(
            f"{pipeline.name}: nothing to record: {names} has no rows",
            where=pipeline.location,
            remedy="run the pipelines before it, or choose another environment with --env",
        )


def _result(
    replay: Replay,
    pipeline: Pipeline,
    chosen: Mapping[str, list[TextRow]],
    sources: Mapping[str, Source],
) -> tuple[list[TextRow], tuple[str, ...]]:
    """Return the rows that a pipeline gives for its sources' rows, and the remarks of the run."""
    notices: list[str] = []

    def observe(event: Event) -> None:
        if isinstance(event, Notice):
            notices.append(event.text)

    tables = {p: table_of(rows, fixture_columns(sources[p])) for p, rows in chosen.items()}
    result = replay.rows(pipeline, tables, observe)
    columns = expected_columns(pipeline)
    return in_order([*text_rows(result)], columns, pipeline.target.key), tuple(notices)


def _rows_of(
    replay: Replay,
    pipeline: Pipeline,
    sampled: Mapping[str, list[TextRow]],
    sources: Mapping[str, Source],
) -> int | None:
    """Return how many rows a pipeline gives for the real values; None if it fails on them."""
    try:
        return len(_result(replay, pipeline, sampled, sources)[0])
    except AlurError:
        return None


def _refuse_lost(pipeline: Pipeline, rows: int, original: int | None) -> None:
    if original and not rows:
        raise AlurError(
            f"{pipeline.name}: the sample gives {counted(original, 'row')}, but none once the values of sensitive "
            "columns are replaced",
            where=pipeline.location,
            remedy="the pipeline selects by such values: write this test with alur.testing.rows",
        )


def _remarks(rows: int, original: int | None) -> Iterator[str]:
    if not rows:
        yield "the expected result is empty: the sampled rows give none; record more with --rows"
    elif original is not None and rows != original:
        yield (
            f"the real values give {counted(original, 'row')}: the pipeline selects by values that are replaced here"
        )
