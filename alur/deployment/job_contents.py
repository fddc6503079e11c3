"""What a job contains, by the names that its parts share: the deployment, the packaging, the driver and the sandbox."""

from __future__ import annotations

CATALOG = "glue_catalog"
"""What Spark calls the catalog of Glue's databases."""

PROJECT_FOLDER = "alur_project"
"""The folder in the project's wheel that holds alur.toml and the project's modules."""

SCRIPT = "driver.py"
"""The script that Glue starts."""
