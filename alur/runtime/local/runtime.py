"""A runtime on this machine: the engine and the folders that the project's settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alur.project.project import Project
from alur.runtime.code_version import code_version
from alur.runtime.engine import open_session
from alur.runtime.landing.folder import FolderLanding
from alur.runtime.local.warehouse import LocalWarehouse
from alur.runtime.run import Runtime

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENVIRONMENT = "local"


def local_warehouse(project: Project) -> LocalWarehouse:
    """The project's tables on this machine."""
    return LocalWarehouse(project.root / ".alur" / "warehouse")


@contextmanager
def open_runtime(project: Project) -> Iterator[Runtime]:
    """Everything a run on this machine needs; the engine stops at the end.

    Raises:
        EngineError: the engine is not available.
    """
    settings = project.settings.environment(ENVIRONMENT)
    with open_session(settings.engine) as session:
        yield runtime_on(session, project)


def runtime_on(session: SparkSession, project: Project) -> Runtime:
    """A run's surroundings on a session that is open already, as several projects may share one."""
    settings = project.settings.environment(ENVIRONMENT)
    landing = FolderLanding(project.root / settings.landing, settings.landing)
    return Runtime(project.root, session, local_warehouse(project), landing, code_version(project))
