"""The folders of runs on this machine, and what their tables keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alur.contracts.retention import Retention
from alur.project.project import Project
from alur.project.settings import LOCAL
from alur.runtime.code_version import code_version
from alur.runtime.landing.folder import FolderLanding
from alur.runtime.runtime import Runtime
from alur.runtime.tables.pyiceberg_clones import Clones
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of a project's runs on this machine; can be sent to another process.

    Attributes:
        root: the project's folder.
        warehouse: the folder of its tables.
        retentions: how long its tables keep their snapshots, by ``layer.table``; those of other tables stay for good.
        clones: the clones of the environment, whose files stay.
    """

    root: Path
    warehouse: Path
    landing: FolderLanding
    retentions: Mapping[str, Retention] = field(default_factory=dict)
    clones: Clones | None = None

    @classmethod
    def of(cls, project: Project, environment: str = LOCAL) -> Places:
        """Return the folders of an environment on this machine."""
        chosen = project.environment(environment)
        settings = chosen.settings
        landing = FolderLanding(project.root / settings.landing, settings.landing)
        every = {c.identifier: settings.retention(c) for c in project.contracts}
        retentions = {name: retention for name, retention in every.items() if retention}
        clones = Clones(project.root, environment)
        return cls(project.root, chosen.warehouse(project.root), landing, retentions, clones)

    def tables(self) -> LocalWarehouse:
        """Return the tables."""
        return LocalWarehouse(self.warehouse, self.retentions, self.clones)

    def runtime(self, session: SparkSession, project: Project) -> Runtime:
        """Return a runtime on an open session."""
        return Runtime(self.root, session, self.tables(), self.landing, code_version(project))
