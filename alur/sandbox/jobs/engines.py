"""The engines that a sandbox can give its jobs: Sail, or Spark on the JVM as in Glue."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import ClassVar, Protocol

from alur.sandbox.jobs import glue_packages
from alur.sandbox.jobs.class_archive import ClassArchive
from alur.sandbox.jobs.engine import JobEngine, SailEngine, Surroundings
from alur.sandbox.jobs.spark_engine import SparkEngine
from alur.sandbox.jobs.spark_installation import SparkInstallation
from alur.sandbox.state import JobEngineName
from alur.sandbox.surroundings import user_cache


class Engines(Protocol):
    """Engines of one kind."""

    @property
    def name(self) -> JobEngineName:
        """What users call them."""

    @property
    def version(self) -> str:
        """The same with its version."""

    @property
    def client(self) -> str:
        """The module of PySpark that a job imports while its engine starts."""

    @property
    def at_once(self) -> int:
        """How many this machine should have at a time."""

    def link_packages(self) -> None:
        """Fill the sandbox's folder with what engines and jobs import.

        Raises:
            PackagingError: this machine lacks a package.
        """

    def start(self, surroundings: Surroundings, arguments: Mapping[str, str]) -> JobEngine:
        """Start the engine of a run with these arguments."""

    def close(self) -> None:
        """End what belongs to no run."""


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
        """Link Glue's packages, the client's beside them, and Sail where no job sees it."""
        glue_packages.link_glue_packages(self.folder / "glue")
        glue_packages.link_connect(self.folder / "glue")
        glue_packages.link_engine(self.folder / "engine")

    def start(self, surroundings: Surroundings, arguments: Mapping[str, str]) -> JobEngine:
        """Start a server; the job's settings for Spark are none of its own."""
        return SailEngine(surroundings, [self.folder / "engine"])

    def close(self) -> None:
        """There is nothing beside the runs."""


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
        """One for every two cores, which is what each uses, but two at least."""
        return max(2, (os.cpu_count() or 2) // 2)

    def link_packages(self) -> None:
        """Link Glue's packages, and nothing else."""
        glue_packages.link_glue_packages(self.folder / "glue")

    def start(self, surroundings: Surroundings, arguments: Mapping[str, str]) -> JobEngine:
        """Start a JVM with the settings that the job's definition has for Spark."""
        conf = arguments.get("--conf", "")
        return SparkEngine(surroundings, self.installation, self.archive, conf)

    def close(self) -> None:
        """End the process that makes the archive of classes."""
        self.archive.abandon()


def engines(folder: Path, spark: SparkInstallation | None) -> Engines:
    """Return the engines of a sandbox: Spark's, if one was found for it."""
    return SparkEngines(folder, spark) if spark else SailEngines(folder)
