"""The definitions of the project in the working directory: ``dagster dev -m alur_dagster.definitions``."""

from __future__ import annotations

from alur.project.project import Project
from alur_dagster.building import build_definitions

defs = build_definitions(Project.load())
