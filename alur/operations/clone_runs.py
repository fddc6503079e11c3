"""Lets jobs of an environment run for a clone of it: with the clone's tables, and with the project's present code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.aws_clients import Clients, aws_errors
from alur.deployment.clones import run_arguments
from alur.deployment.job_arguments import OF_CODE
from alur.operations.events import Activity, Observer
from alur.operations.preparation import prepare

if TYPE_CHECKING:
    from alur.project.environment import Environment
    from alur.project.project import Project


def clone_arguments(
    project: Project, clone: Environment, clients: Clients, observe: Observer
) -> dict[str, dict[str, str]]:
    """Upload the project's code, and return the arguments of a clone's runs by the name of the job.

    Raises:
        AlurError: the project cannot be packaged, or AWS refuses.
    """
    observe(Activity("packaging the project"))
    prepared, artifact = prepare(project, project.environment(clone.base))
    deployment = prepared.deployment
    bucket, prefix = deployment.bucket("artifacts"), deployment.names.code_prefix
    observe(Activity("uploading the code"))
    with aws_errors(f"the code cannot be uploaded to {bucket}"):
        clients("s3").upload_file(str(artifact.path), bucket, f"{prefix}{artifact.path.name}")
    observe(Activity())
    tables = run_arguments(clone.names)
    return {
        job.name: tables | {name: value for name, value in job.arguments if name in OF_CODE}
        for job in deployment.jobs
    }
