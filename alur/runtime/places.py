"""The folders of runs on this machine, and what their tables keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alur.contracts.retention import Retention
from alur.project.project import Project
from alur.runtime.code_version import code_version
from alur.runtime.landing.folder import FolderLanding
from alur.runtime.run import Runtime
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENVIRONMENT = "local"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of a project's runs on this machine; can be sent to another process.

    Attributes:
        root: the project's folder.
        warehouse: the folder of its tables.
        retentions: how long its tables keep their snapshots, by ``layer.table``; those of other tables stay for good.
    """

    root: Path
    warehouse: Path
    landing: FolderLanding
    retentions: Mapping[str, Retention] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> Places:
        """Return the folders in the project's settings."""
        settings = project.environment(ENVIRONMENT).settings
        landing = FolderLanding(project.root / settings.landing, settings.landing)
        warehouse = project.root / ".alur" / "warehouse"
        every = {c.identifier: settings.retention(c) for c in project.contracts}
        retentions = {name: retention for name, retention in every.items() if retention}
        return cls(project.root, warehouse, landing, retentions)

    def runtime(self, session: SparkSession, project: Project) -> Runtime:
        """Return a runtime on an open session."""
        warehouse = LocalWarehouse(self.warehouse, self.retentions)
        return Runtime(self.root, session, warehouse, self.landing, code_version(project))
