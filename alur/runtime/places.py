"""The folders of runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
    """

    root: Path
    warehouse: Path
    landing: FolderLanding

    @classmethod
    def of(cls, project: Project) -> Places:
        """Return the folders in the project's settings."""
        landing = project.environment(ENVIRONMENT).settings.landing
        warehouse = project.root / ".alur" / "warehouse"
        return cls(project.root, warehouse, FolderLanding(project.root / landing, landing))

    def runtime(self, session: SparkSession, project: Project) -> Runtime:
        """Return a runtime on an open session."""
        warehouse = LocalWarehouse(self.warehouse)
        return Runtime(self.root, session, warehouse, self.landing, code_version(project))
