"""The same graph on both engines, each in a warehouse of its own, and where their tables differ."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alur.analysis.call_sites import recorded_call_sites
from alur.analysis.origins import origin
from alur.contracts.table import Contract
from alur.errors import AlurError, Location, SourceError
from alur.pipelines.pipeline import Pipeline
from alur.project.project import Project
from alur.runtime.engine import open_session
from alur.runtime.graph_run import run_graph
from alur.runtime.local.engine_use import empty_frames
from alur.runtime.local.places import Places
from alur.runtime.local.spark_process import SparkProcess
from alur.runtime.local.warehouse import LocalWarehouse
from alur.runtime.results import Event, Failed, Skipped
from alur.runtime.table_comparison import Sides, TableComparison, compare_tables

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

Told = Callable[[str], None]

_SIDES = Sides("on Sail", "on Spark", tolerance=0.0)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the user's code makes a column that differs.

    Attributes:
        text: the line as it is written.
    """

    column: str
    where: Location
    text: str


@dataclass(frozen=True, slots=True)
class EngineComparison:
    """How one pipeline's table is on both engines.

    Attributes:
        failures: what stopped the pipeline, by engine.
        table: None where an engine wrote none.
    """

    pipeline: str
    failures: dict[str, str]
    table: TableComparison | None
    origins: tuple[Origin, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the engines do not do the same."""
        if self.failures or self.table is None:
            return len(self.failures) != 2
        return bool(self.table.differences)
