"""Renders a deployment as Terraform's files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alur import __version__
from alur.deployment.job_contents import SCRIPT
from alur.deployment.permissions import PERMISSIONS
from alur.deployment.resources import Deployment
from alur.errors import TerraformError
from alur.naming import TABLES_PREFIX
from alur.terraform.hcl import quoted

if TYPE_CHECKING:
    from jinja2 import Environment

FILES = (
    "provider.tf",
    "s3.tf",
    "iam.tf",
    "glue_database.tf",
    "glue_jobs.tf",
    "glue_workflows.tf",
    "eventbridge.tf",
    "monitoring.tf",
    "artifacts.tf",
    "outputs.tf",
)
"""The files' names, in reading order."""


def render(deployment: Deployment, local_state: str) -> dict[str, str]:
    """Return the text of each file by its name; the same deployment gives the same bytes.

    Args:
        local_state: the file of the state if it has no bucket, relative to the files' folder.

    Raises:
        TerraformError: Jinja2 is not installed.
    """
    arguments = [name for job in deployment.jobs for name, _ in job.arguments]
    values = {
        "deployment": deployment,
        "permissions": PERMISSIONS,
        "script": SCRIPT,
        "tables_prefix": TABLES_PREFIX,
        "version": __version__,
        "local_state": local_state,
        "argument_width": max((len(quoted(name)) for name in arguments), default=0),
        "rule_width": max((len(quoted(rule)) for rule in deployment.queue_of_rule), default=0),
        "pipeline_width": max(map(len, deployment.jobs_by_pipeline), default=0),
    }
    templates = _environment()
    return {name: templates.get_template(f"{name}.j2").render(values) for name in FILES}


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise TerraformError(
            "Jinja2, which renders the Terraform files, is not installed",
            remedy="pip install 'alur[aws]'",
        ) from None
    environment = Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Values are escaped for HCL by the filter below; HTML's escapes would corrupt them.
        autoescape=False,  # noqa: S701
    )
    environment.filters["hcl"] = quoted
    environment.filters["padded"] = str.ljust
    return environment


def templates_folder() -> Path:
    """Return the folder of the templates: within the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "terraform_templates"
    return installed if installed.is_dir() else package.parent / "terraform_templates"
