"""Provides the Spark session for Dagster's ops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_pyspark import PySparkResource

from alur.runtime.engines.engine import EngineChoice, first_engine, open_session


class AlurPySparkResource(PySparkResource):
    """dagster-pyspark's resource, on the engine of Alur's environment ``local``.

    A team's own ops and assets can use it under the key ``pyspark``.
    """

    engine: EngineChoice = "auto"
    spark_config: dict[str, Any] = {}  # noqa: RUF012 - a field of a pydantic model

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[AlurPySparkResource]:
        """Start the engine for a run, and stop it at the end."""
        with open_session(first_engine(self.engine)) as session:
            self._spark_session = session
            yield self
