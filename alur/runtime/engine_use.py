"""Finds the engine of each pipeline without reading a row, from its plan over empty frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import types as T

from alur.analysis.findings import Finding
from alur.contracts.columns import SOURCE_FILE
from alur.errors import TransformError
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.project.user_output import stdout_to_stderr
from alur.runtime.engines.engine import EngineChoice, EngineName, another_session, open_session
from alur.runtime.engines.errors import reason
from alur.runtime.engines.spark_types import spark_schema
from alur.runtime.exits import contained_exits
from alur.runtime.transforming import transformed

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class EngineUse:
    """The engine of one pipeline.

    Attributes:
        engine: None if only a run can decide.
        findings: the uncertified parts on Sail.
        error: why only a run can decide.
    """

    pipeline: str
    engine: EngineName | None
    findings: tuple[Finding, ...] = ()
    error: str | None = None


def engine_uses(project: Project, choice: EngineChoice) -> Iterator[EngineUse]:
    """Yield the engine of each pipeline, in the order of the graph, without reading or writing a row.

    Raises:
        EngineError: Sail is not installed.
    """
    names = project.graph.order()
    if choice == "spark":
        yield from (EngineUse(name, "spark") for name in names)
        return
    with open_session("sail") as opened, another_session(opened) as session:
        for name in names:
            yield _use(project.pipeline(name), choice, session, project.root)


def _use(pipeline: Pipeline, choice: EngineChoice, session: SparkSession, root: Path) -> EngineUse:
    try:
        with contained_exits(), stdout_to_stderr():
            frames = empty_frames(pipeline, session)
            _, findings = transformed(
                pipeline, frames, root, only_certified=False, schemas=_schemas(pipeline)
            )
    except TransformError as error:
        # A function may fail on its rows, since there are none.
        return EngineUse(pipeline.name, None, error=error.message)
    except PySparkException as error:
        return EngineUse(pipeline.name, None, error=reason(error))
    return EngineUse(
        pipeline.name, "spark" if findings and choice == "auto" else "sail", tuple(findings)
    )


def empty_frames(pipeline: Pipeline, session: SparkSession) -> dict[str, DataFrame]:
    """Return frames of a pipeline's sources without a row."""
    return {
        parameter: session.createDataFrame([], schema)
        for parameter, schema in _schemas(pipeline).items()
    }


def _schemas(pipeline: Pipeline) -> dict[str, T.StructType]:
    schemas = {
        parameter: spark_schema(contract.columns)
        for parameter, contract in pipeline.table_sources.items()
    }
    for parameter, source in pipeline.file_sources.items():
        schema = spark_schema(source.columns)
        is_bronze = pipeline.target.layer == "bronze"
        schemas[parameter] = schema.add(SOURCE_FILE, T.StringType()) if is_bronze else schema
    return schemas
