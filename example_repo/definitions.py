"""The definitions that Dagster loads. Merge a team's own assets with them here."""

from pathlib import Path

from alur import Project
from alur_dagster import build_definitions

defs = build_definitions(Project.load(Path(__file__).parent))
