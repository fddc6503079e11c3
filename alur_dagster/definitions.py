"""The definitions of a project: ``dagster dev -m alur_dagster.definitions``.

The project is the one in the working directory, or in the folder named by ``ALUR_PROJECT``. Its runs write the tables of
the environment ``local``, or of the one named by ``ALUR_ENVIRONMENT``.
"""

from __future__ import annotations

import os
from pathlib import Path

from alur.project.project import Project
from alur.project.settings import LOCAL
from alur_dagster.building import build_definitions
from alur_dagster.instance import ENVIRONMENT_VARIABLE

_folder = os.environ.get("ALUR_PROJECT")
defs = build_definitions(
    Project.load(Path(_folder) if _folder else None),
    environment=os.environ.get(ENVIRONMENT_VARIABLE, LOCAL),
)
