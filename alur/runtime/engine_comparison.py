"""Runs one graph on both engines, each in its own warehouse, and compares their tables."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alur.analysis.call_sites import recorded_call_sites
from alur.analysis.origins import origin
from alur.contracts.contract import Contract
from alur.errors import Location, SourceError
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.dry_run import empty_frames
from alur.runtime.engines.engine import open_session
from alur.runtime.graph_run import Outcome, run_graph
from alur.runtime.places import Places
from alur.runtime.results import Event, Failed, Observer, Skipped
from alur.runtime.runtime import Runtime
from alur.runtime.spark_process import SparkProcess
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.row_comparison import Sides, TableComparison, compare_tables

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

Report = Callable[[str], None]

_SIDES = Sides("on Sail", "on Spark", tolerance=0.0)


@dataclass(frozen=True, slots=True)
class Origin:
    """The line of the user's code behind a differing column.

    Attributes:
        text: the line as written.
    """

    column: str
    where: Location
    text: str


@dataclass(frozen=True, slots=True)
class EngineComparison:
    """One pipeline's table on both engines.

    Attributes:
        failures: the error that stopped the pipeline, by engine.
        table: None if an engine wrote none.
    """

    pipeline: str
    failures: dict[str, str]
    table: TableComparison | None
    origins: tuple[Origin, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the engines differ."""
        if self.failures or self.table is None:
            return len(self.failures) != 2
        return bool(self.table.differences)


def compare_engines(project: Project, folder: Path, report: Report) -> list[EngineComparison]:
    """Run a project's graph on its landing files with each engine, and compare all tables row by row.

    Args:
        folder: where both put their tables; the project's own tables stay unchanged.
        report: receives a line on each step.

    Raises:
        EngineError: an engine is not available.
    """
    landing = Places.of(project).landing
    sail, spark = (Places(project.root, folder / name, landing) for name in ("sail", "spark"))
    with open_session("sail") as session:
        failures = {
            "Sail": _run_on_sail(project, sail, session, report),
            "Spark": _run_on_spark(project, spark, sail.runtime(session, project), report),
        }
        warehouses = LocalWarehouse(sail.warehouse), LocalWarehouse(spark.warehouse)
        compared = _Compared(project, session, failures, warehouses)
        return [compared.pipeline(name) for name in project.graph.order()]


def _run_on_sail(
    project: Project, places: Places, session: SparkSession, report: Report
) -> dict[str, str]:
    runtime = places.runtime(session, project)
    return dict(_stops(run_graph(project, None, runtime, _progress("Sail", report))))


def _run_on_spark(
    project: Project, places: Places, runtime: Runtime, report: Report
) -> dict[str, str]:
    with SparkProcess(places) as spark:
        only_there = replace(runtime, elsewhere=spark, always_elsewhere=True)
        return dict(_stops(run_graph(project, None, only_there, _progress("Spark", report))))


def _progress(engine: str, report: Report) -> Observer:
    def observe(event: Event) -> None:
        report(f"on {engine}: {event.pipeline}")

    return observe


def _stops(outcomes: Iterator[Outcome]) -> Iterator[tuple[str, str]]:
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            yield outcome.pipeline, str(outcome.error)
        elif isinstance(outcome, Skipped):
            yield outcome.pipeline, outcome.reason


@dataclass(frozen=True, slots=True)
class _Compared:
    """Compares the results of both engines."""

    project: Project
    session: SparkSession
    failures: dict[str, dict[str, str]]
    warehouses: tuple[LocalWarehouse, LocalWarehouse]

    def pipeline(self, name: str) -> EngineComparison:
        pipeline = self.project.pipeline(name)
        failures = {engine: stops[name] for engine, stops in self.failures.items() if name in stops}
        here, there = (_rows(warehouse, pipeline.target) for warehouse in self.warehouses)
        if failures or here is None or there is None:
            return EngineComparison(name, failures, None)
        table = compare_tables(here, there, pipeline.target, sides=_SIDES)
        return EngineComparison(name, {}, table, tuple(self._origins(pipeline, table.columns)))

    def _origins(self, pipeline: Pipeline, columns: Sequence[str]) -> Iterator[Origin]:
        """Yield the lines creating the columns; none if the function only works on data."""
        if not columns:
            return
        client: Any = self.session.client
        frames = empty_frames(pipeline, self.session)
        frame: Any
        with recorded_call_sites(self.project.root, client) as sites:
            try:
                frame = pipeline(**frames)
            except Exception:
                return
            plan = frame._plan.to_proto(client).root
        for column in columns:
            node = origin(plan, column)
            where = sites.line_of(node) if node is not None else None
            if where:
                yield Origin(column, where, linecache.getline(where.path, where.line).strip())


def _rows(warehouse: LocalWarehouse, contract: Contract) -> pa.Table | None:
    with suppress(SourceError):
        return warehouse.rows(contract)
    return None
