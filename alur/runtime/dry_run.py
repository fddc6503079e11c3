"""Calls each pipeline on empty frames: finds its engine, and mistakes in its columns, without reading a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import types as T

from alur.analysis.findings import Finding
from alur.errors import AlurError, SchemaError, TransformError
from alur.lineage.sources import columns_of
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.user_output import stdout_to_stderr
from alur.runtime.conforming import check_columns, check_names
from alur.runtime.engines.engine import EngineChoice, EngineName, another_session, open_session
from alur.runtime.engines.errors import reason
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.engines.watching import Watch, watched
from alur.runtime.exits import contained_exits
from alur.runtime.transforming import called, checked

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class DryRun:
    """What is known of one pipeline before it runs.

    Attributes:
        engine: None if only a run can decide.
        findings: the uncertified parts on Sail.
        undecided: why only a run can decide.
        problem: the error that every run would raise.
    """

    pipeline: str
    engine: EngineName | None
    findings: tuple[Finding, ...] = ()
    undecided: str | None = None
    problem: AlurError | None = None


def dry_runs(
    project: Project, choice: EngineChoice, names: Iterable[str] | None = None
) -> Iterator[DryRun]:
    """Yield what is known of all pipelines, or of those named, in the order of the graph, without reading or writing a row.

    Sail analyses the plans, whichever engine would run them.

    Raises:
        EngineError: Sail is not installed.
    """
    with open_session("sail") as opened, another_session(opened) as session:
        for name in project.graph.order(names):
            yield _dry_run(project.pipeline(name), choice, session, project.root)


def _dry_run(pipeline: Pipeline, choice: EngineChoice, session: SparkSession, root: Path) -> DryRun:
    frames = empty_frames(pipeline, session)
    try:
        with (
            contained_exits(),
            stdout_to_stderr(),
            watched(frames, root, stops=False, schemas=_schemas(pipeline)) as watch,
        ):
            frame = called(pipeline, frames, root, watch)
        frame = checked(frame, pipeline, watch)
    except TransformError as error:
        return _failed(pipeline, choice, watch, error)
    except PySparkException as error:
        return DryRun(pipeline.name, None, undecided=reason(error))
    runs_on_spark = choice == "spark" or (choice == "auto" and watch.findings)
    return DryRun(
        pipeline.name,
        "spark" if runs_on_spark else "sail",
        () if choice == "spark" else tuple(watch.findings),
        problem=_refused_columns(pipeline, frame, watch),
    )


def _failed(
    pipeline: Pipeline, choice: EngineChoice, watch: Watch, error: TransformError
) -> DryRun:
    engine: EngineName | None = "spark" if choice == "spark" else None
    if watch.has_given_rows:
        # The function may fail for want of rows.
        undecided = f"the function looks at its rows: {error.message}"
        return DryRun(pipeline.name, engine, undecided=undecided)
    if isinstance(error.__cause__, PySparkException) and not watch.unresolved:
        # Spark may accept what Sail refuses.
        return DryRun(pipeline.name, engine, undecided=error.message)
    return DryRun(pipeline.name, engine, problem=error)


def _refused_columns(pipeline: Pipeline, frame: DataFrame, watch: Watch) -> SchemaError | None:
    """Return why the target refuses the columns: only by their names where Sail's types may differ from Spark's."""
    check = check_names if watch.findings else check_columns
    try:
        check(frame.schema, pipeline)
    except SchemaError as error:
        return error
    return None


def empty_frames(pipeline: Pipeline, session: SparkSession) -> dict[str, DataFrame]:
    """Return frames of a pipeline's sources without a row."""
    return {
        parameter: session.createDataFrame([], schema)
        for parameter, schema in _schemas(pipeline).items()
    }


def _schemas(pipeline: Pipeline) -> dict[str, T.StructType]:
    return {
        parameter: spark_schema(columns_of(source, pipeline))
        for parameter, source in pipeline.sources.items()
    }
