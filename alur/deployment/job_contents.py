"""The names of a job's contents, shared by the deployment, the packaging, the driver and the sandbox."""

from __future__ import annotations

CATALOG = "glue_catalog"
"""What Spark calls the catalog of Glue's databases."""

PROJECT_FOLDER = "alur_project"
"""The folder with alur.toml and the project's modules in the project's wheel."""

SCRIPT = "driver.py"
"""The script started by Glue."""
