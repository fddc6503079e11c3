"""Finds pipelines whose next run is sure to be refused, without reading a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from alur.errors import SchemaError
from alur.operations.change_plan import RefusedRun
from alur.operations.planning.spreading import Facts

if TYPE_CHECKING:
    from alur.lineage.facts import PlanFacts
    from alur.pipelines.pipeline import Pipeline
    from alur.project.project import Project


def refused_runs(project: Project, facts: Facts, names: Iterable[str]) -> Iterator[RefusedRun]:
    """Yield the pipelines among those named whose function fails, or whose target refuses what it returns.

    They are those that ``alur validate`` refuses. Only doubtful ones are called.

    Raises:
        EngineError: Sail is not installed.
    """
    doubtful = [name for name in names if _is_doubtful(project.pipeline(name), facts.get(name))]
    if not doubtful:
        return
    from alur.runtime.dry_run import dry_runs

    for found in dry_runs(project, "auto", doubtful):
        if found.problem:
            yield RefusedRun(found.pipeline, found.problem)


def _is_doubtful(pipeline: Pipeline, known: PlanFacts | None) -> bool:
    """Return whether the target may refuse what is known of the returned columns, or the function has failed."""
    if known is None:
        return False
    from alur.runtime.plan_facts import FAILURES

    if not known.schema:
        return any(caveat.startswith(FAILURES) for caveat in known.caveats)
    return _refuses(pipeline, known)


def _refuses(pipeline: Pipeline, known: PlanFacts) -> bool:
    from pyspark.sql import types as T

    from alur.analysis.type_texts import parsed_type
    from alur.runtime.conforming import check_columns

    types = [(column.name, parsed_type(column.type)) for column in known.schema]
    try:
        check_columns(
            T.StructType([T.StructField(n, t or T.NullType()) for n, t in types]), pipeline
        )
    except SchemaError:
        return True
    return False
