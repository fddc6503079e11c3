"""Runs on this machine, with the engine and the folders of the project's settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.engines.engine import first_engine, open_session
from alur.runtime.places import Places
from alur.runtime.runtime import Runtime
from alur.runtime.spark_process import SparkProcess
from alur.runtime.tables.arrow_memory import use_lean_allocator
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def local_warehouse(project: Project, environment: str = LOCAL) -> LocalWarehouse:
    """Return the tables of an environment on this machine."""
    return Places.of(project, environment).tables()


@contextmanager
def open_runtime(project: Project, places: Places | None = None) -> Iterator[Runtime]:
    """Yield the runtime of this machine; its engines stop at the end.

    Args:
        places: by default those of the settings.

    Raises:
        EngineError: the engine is not available.
    """
    choice = project.environment(LOCAL).settings.engine
    with open_session(first_engine(choice)) as session, runtime_on(session, project, places) as own:
        yield own


@contextmanager
def runtime_on(
    session: SparkSession, project: Project, places: Places | None = None
) -> Iterator[Runtime]:
    """Yield a runtime on an open session, which several projects may share."""
    use_lean_allocator()
    places = places or Places.of(project)
    runtime = places.runtime(session, project)
    if project.environment(LOCAL).settings.engine != "auto":
        yield runtime
        return
    with SparkProcess(places) as spark:
        yield replace(runtime, elsewhere=spark)
