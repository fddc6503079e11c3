"""Connects operations to AWS, or to the sandbox in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.aws.account import account_of, check_account
from alur.aws_clients import Clients
from alur.errors import SandboxError
from alur.operations.events import Activity, Observer

if TYPE_CHECKING:
    from alur.project.environment import Environment
    from alur.project.project import Project
    from alur.sandbox.client.sandbox import Sandbox


def connect(project: Project, environment: Environment) -> Clients:
    """Return AWS's clients for an environment, once their account is verified.

    Raises:
        DeploymentError: the environment is this machine.
        AwsError: there are no credentials, AWS rejects them, or they belong to another account.
        SandboxError: the environment is the sandbox, and it is not up.
    """
    environment.require_aws()
    if environment.is_sandbox:
        sandbox_of(project).enter()
    clients = Clients(environment.settings.aws_region)
    check_account(account_of(clients), environment.settings.account_id, environment.name)
    return clients


def sandbox_of(project: Project) -> Sandbox:
    """Return the project's sandbox, up or down.

    Raises:
        SandboxError: a package it needs is not installed.
    """
    try:
        from alur.sandbox.client.sandbox import Sandbox
    except ModuleNotFoundError as error:
        raise SandboxError(
            f"the sandbox needs {error.name}, which is not installed",
            remedy="pip install 'alur[sandbox]'",
        ) from None
    return Sandbox.of(project)


def mirror_landing_files(
    project: Project, environment: Environment, clients: Clients, observe: Observer
) -> int | None:
    """Mirror this machine's landing files to the sandbox, and return their number.

    Return None if the environment is not the sandbox, or before its first deployment, which creates the bucket.

    Raises:
        AwsError: the sandbox does not answer.
        SandboxError: a file cannot be read.
    """
    if not environment.is_sandbox:
        return None
    from alur.sandbox.client.landing_mirror import mirror_landing

    observe(Activity("bringing landing files to the sandbox"))
    folder = project.root / environment.settings.landing
    count = mirror_landing(clients, folder, environment.names.bucket("bronze"))
    observe(Activity())
    return count
