"""What Dagster loads. A team's own assets would be merged with these here."""

from pathlib import Path

from alur import Project
from alur_dagster import build_definitions

defs = build_definitions(Project.load(Path(__file__).parent))
