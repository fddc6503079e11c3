"""The engines for the jobs of a sandbox: Sail, or Spark on the JVM as in Glue."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import ClassVar, Protocol

from alur.deployment.job_arguments import MAINTAIN
from alur.sandbox.server.jobs import glue_packages
from alur.sandbox.server.jobs.engines.class_archive import ClassArchive
from alur.sandbox.server.jobs.engines.job_engine import EngineContext, JobEngine, StandIn
from alur.sandbox.server.jobs.engines.sail_engine import SailEngine
from alur.sandbox.server.jobs.engines.spark_engine import SparkEngine
from alur.sandbox.spark_installation import SparkInstallation
from alur.sandbox.state_file import JobEngineName
from alur.sandbox.variables import user_cache


class Engines(Protocol):
    """Engines of one kind."""

    @property
    def name(self) -> JobEngineName:
        """The engine's name for users."""

    @property
    def version(self) -> str:
        """The name with the version."""

    @property
    def client(self) -> str:
        """The module of PySpark to import while the engine starts."""

    @property
    def at_once(self) -> int:
        """The most engines at a time on this machine."""

    def link_packages(self) -> None:
        """Link the packages of engines and jobs into the sandbox's folder.

        Raises:
            PackagingError: this machine lacks a package.
        """

    def stand_in(self, arguments: Mapping[str, str]) -> StandIn | None:
        """Return the script for a run with these arguments if the engine cannot run the job's own."""

    def start(self, context: EngineContext, arguments: Mapping[str, str]) -> JobEngine:
        """Start the engine for a run with these arguments."""

    def close(self) -> None:
        """End all processes outside the runs."""


@dataclass(frozen=True)
class SailEngines:
    """Servers of Sail.

    Attributes:
        folder: the sandbox's; ``glue`` in it is for jobs and engines, ``engine`` for engines alone.
    """

    folder: Path
    name: ClassVar[JobEngineName] = "sail"
    client: ClassVar[str] = "pyspark.sql.connect.session"

    @property
    def version(self) -> str:
        """Sail's name and version."""
        return f"Sail {metadata.version('pysail')}"

    @property
    def at_once(self) -> int:
        """One for each core."""
        return max(2, os.cpu_count() or 2)

    def link_packages(self) -> None:
        """Link Glue's packages, those of the client beside them, and Sail into a folder hidden from jobs."""
        glue_packages.link_glue_packages(self.folder / "glue")
        glue_packages.link_connect(self.folder / "glue")
        glue_packages.link_engine(self.folder / "engine")

    def stand_in(self, arguments: Mapping[str, str]) -> StandIn | None:
        """Return the script that maintains a table with PyIceberg, from this environment, if the run does only that."""
        if MAINTAIN not in arguments:
            return None
        return StandIn(
            Path(__file__).with_name("sail_maintenance.py"), (glue_packages.environment(),)
        )

    def start(self, context: EngineContext, arguments: Mapping[str, str]) -> JobEngine:
        """Start a server, and ignore the job's settings for Spark."""
        return SailEngine(context, [self.folder / "engine"])

    def close(self) -> None:
        """Do nothing: Sail has no processes outside the runs."""


@dataclass(frozen=True)
class SparkEngines:
    """JVMs with Spark.

    Attributes:
        folder: the sandbox's; ``glue`` in it is for jobs and engines.
    """

    folder: Path
    installation: SparkInstallation
    archive: ClassArchive = field(init=False)
    name: ClassVar[JobEngineName] = "spark"
    client: ClassVar[str] = "pyspark.sql"

    def __post_init__(self) -> None:
        object.__setattr__(self, "archive", ClassArchive(self.installation, user_cache()))

    @property
    def version(self) -> str:
        """Spark's name and version, and Iceberg's."""
        return self.installation.description

    @property
    def at_once(self) -> int:
        """One for every two cores, because each uses two, and at least two engines."""
        return max(2, (os.cpu_count() or 2) // 2)

    def link_packages(self) -> None:
        """Link Glue's packages alone."""
        glue_packages.link_glue_packages(self.folder / "glue")

    def stand_in(self, arguments: Mapping[str, str]) -> StandIn | None:
        """Return None: Spark runs every job's own script."""

    def start(self, context: EngineContext, arguments: Mapping[str, str]) -> JobEngine:
        """Start a JVM with the settings for Spark in the run's arguments."""
        conf = arguments.get("--conf", "")
        return SparkEngine(context, self.installation, self.archive, conf)

    def close(self) -> None:
        """End the process for the archive of classes."""
        self.archive.abandon()


def engines(folder: Path, spark: SparkInstallation | None) -> Engines:
    """Return the engines of a sandbox: Spark's if an installation is given, otherwise Sail's."""
    return SparkEngines(folder, spark) if spark else SailEngines(folder)
