"""Where runs read and write, and how they are recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from alur.pipelines.pipeline import Pipeline
from alur.runtime.landing.location import Landing
from alur.runtime.results import Failed, Observer, Succeeded
from alur.runtime.tables.provenance import RunIdentity
from alur.runtime.tables.warehouse import Warehouse
from alur.runtime.transforming import PlanReader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PREVIEW_ROWS = 5


class Elsewhere(Protocol):
    """Runs pipelines on Spark, in another process."""

    def run(self, pipeline: str, runtime: Runtime, observe: Observer) -> Succeeded | Failed:
        """Run one pipeline, and return how it ended."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where pipelines run.

    Attributes:
        root: the project's folder; errors point at its lines.
        code_version: the version of the project's code, recorded with each commit.
        elsewhere: runs pipelines not certified on this engine; with None they run here.
        always_elsewhere: whether it runs all pipelines.
        run_id: the id of the next run; None for a generated one.
        rebuilds: whether runs make their tables anew from all rows of their sources, whatever the pipeline's mode.
        preview_rows: how many rows of the table a run returns after its commit.
        plans: the fingerprints of pipelines' plans, where they are known; recorded with each commit.
        reader: reads other plans from their runs.
        session_settings: what to set in a pipeline's own session.
        retry_of: the ids of runs that the next one repeats: what they have written stays.
    """

    root: Path
    session: SparkSession
    warehouse: Warehouse
    landing: Landing
    code_version: str
    elsewhere: Elsewhere | None = None
    always_elsewhere: bool = False
    run_id: str | None = None
    rebuilds: bool = False
    preview_rows: int = PREVIEW_ROWS
    plans: Mapping[str, str] = field(default_factory=dict)
    reader: PlanReader | None = None
    session_settings: Mapping[str, str] = field(default_factory=dict)
    retry_of: tuple[str, ...] = ()

    def identity(self, pipeline: Pipeline) -> RunIdentity:
        """Return the next run of a pipeline."""
        run_id, plan = self.run_id or uuid.uuid4().hex, self.plan_of(pipeline)
        return RunIdentity(run_id, pipeline.name, self.code_version, plan, self.retry_of)

    def plan_of(self, pipeline: Pipeline) -> str | None:
        """Return the fingerprint of a pipeline's plan; None if it is not known yet."""
        if self.reader:
            return self.reader.fingerprint(pipeline)
        return self.plans.get(pipeline.name)
