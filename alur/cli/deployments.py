"""Plans, packages and connects a project for an AWS environment, for several commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alur.project.settings import SANDBOX

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.deployment.resources import Deployment
    from alur.packaging import Artifact
    from alur.project.environment import Environment
    from alur.project.project import Project
    from alur.sandbox.client.sandbox import Sandbox
    from alur.terraform.binary import Terraform
    from alur.terraform.changes import Plan

_KEPT_CODE = 3
"""How many deployments' code the bucket keeps: a run in progress may not have installed its code yet."""


@dataclass(frozen=True)
class Prepared:
    """A deployment, with the files Terraform needs for it.

    Attributes:
        root: the project's folder.
        code: the zip its jobs run; None if the deployment is to be destroyed.
    """

    root: Path
    environment: Environment
    deployment: Deployment
    code: Path | None

    def write(self, folder: Path) -> Iterator[str]:
        """Write the Terraform files and the artifacts they upload; yield each file's name."""
        from alur.deployment.job_contents import SCRIPT
        from alur.runtime.job import script
        from alur.terraform.folder import TerraformFolder
        from alur.terraform.rendering import render

        state = state_file(self.root, self.environment)
        files = render(self.deployment, os.path.relpath(state, folder))
        artifacts = {SCRIPT: Path(script.__file__)}
        if self.code:
            artifacts[self.code.name] = self.code
        yield from TerraformFolder(folder).write(files, artifacts)


def prepare(project: Project, environment: Environment) -> tuple[Prepared, Artifact]:
    """Plan the project's deployment, and package its code.

    Raises:
        AlurError: it cannot be packaged, or it exceeds a limit of AWS.
    """
    from alur.deployment.planning import plan
    from alur.deployment.resources import Code
    from alur.packaging import build
    from alur.runtime.code_version import code_version

    # Plan first: planning finds a violated limit of AWS at once, and packaging may take minutes.
    deployment = plan(project, environment)
    artifact = build(project, project.root / ".alur" / "build")
    code = Code(artifact.path.name, code_version(project))
    deployment = deployment.with_code(code)
    return Prepared(project.root, environment, deployment, artifact.path), artifact


def keeping_earlier_code(prepared: Prepared, terraform: Terraform, clients: Clients) -> Prepared:
    """Return the deployment, extended by the latest code files of earlier deployments.

    Raises:
        AlurError: Terraform's state or the bucket cannot be read.
    """
    from alur.aws.buckets import latest_first

    declared = prepared.deployment
    if declared.code is None:
        return prepared
    known = terraform.instances("aws_s3_object.code") - {declared.code.file_name}
    if not known:
        return prepared
    keys = latest_first(clients, declared.bucket("artifacts"), declared.names.code_prefix)
    names = [key.removeprefix(declared.names.code_prefix) for key in keys]
    earlier = tuple(name for name in names if name in known)[: _KEPT_CODE - 1]
    code = replace(declared.code, earlier=earlier)
    return replace(prepared, deployment=replace(declared, code=code))


def for_destruction(project: Project, environment: Environment) -> Prepared:
    """Return a deployment to be destroyed: Terraform needs its files, but no code."""
    from alur.deployment.planning import plan

    return Prepared(project.root, environment, plan(project, environment), None)


def connected(project: Project, environment: Environment) -> Clients:
    """Return AWS's clients for an environment, once their account is verified.

    Raises:
        AwsError: there are no credentials, AWS rejects them, or they belong to another account.
    """
    from alur.aws.account import account_of, check_account
    from alur.aws_clients import Clients

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
    from alur.errors import SandboxError

    try:
        from alur.sandbox.client.sandbox import Sandbox
    except ModuleNotFoundError as error:
        raise SandboxError(
            f"the sandbox needs {error.name}, which is not installed",
            remedy="pip install 'alur[sandbox]'",
        ) from None
    return Sandbox.of(project)


def bring_landing_files(project: Project, clients: Clients) -> int | None:
    """Mirror this machine's landing files into the sandbox; return their number, or None if there is no bucket yet.

    Raises:
        AwsError: the sandbox does not answer.
    """
    from alur.sandbox.client.landing_mirror import mirror_landing

    environment = project.environment(SANDBOX)
    folder = project.root / environment.settings.landing
    return mirror_landing(clients, folder, environment.names.bucket("bronze"))


def check_deployed(prepared: Prepared, clients: Clients) -> None:
    """Read the deployment back from AWS, and compare it.

    Raises:
        AlurError: something differs from what was just deployed.
    """
    from alur.aws.deployed import read_deployed
    from alur.deployment.comparison import compare
    from alur.errors import AlurError

    declared = prepared.deployment
    findings = compare(declared, read_deployed(clients, declared))
    wrong = [f for f in findings if f.state in ("changed", "missing")]
    if wrong:
        listed = "\n".join(
            f"  {f.kind} {f.name}: {f.state} {', '.join(f.differences)}" for f in wrong
        )
        raise AlurError(
            f"AWS does not show what was deployed:\n{listed}",
            remedy=f"compare with alur status --env {declared.environment}; deploy again if it still differs",
        )


def refuse_loss(plan: Plan, clients: Clients) -> None:
    """Refuse a plan that would destroy data.

    Raises:
        DeploymentError: it deletes a bucket with objects, or a database with tables.
    """
    from alur.aws.buckets import holds_anything
    from alur.aws.databases import tables
    from alur.errors import DeploymentError

    kept = [
        f"bucket {name}" for name in plan.lost("aws_s3_bucket") if holds_anything(clients, name)
    ]
    for name in plan.lost("aws_glue_catalog_database"):
        kept += [f"database {name}"] if tables(clients, name) else []
    if kept:
        raise DeploymentError(
            f"this would destroy data: {', '.join(kept)}",
            remedy="undo the change of name, or move the data and empty what is to go",
        )


def terraform_folder(root: Path, environment: Environment) -> Path:
    """Return the default folder of an environment's Terraform files."""
    return root / ".alur" / "terraform" / environment.name


def state_file(root: Path, environment: Environment) -> Path:
    """Return the local file of an environment's state, for environments without a state bucket."""
    if environment.is_sandbox:
        # The state must not outlive the sandbox.
        return root / ".alur" / "sandbox" / "terraform.tfstate"
    return root / ".alur" / "state" / environment.name / "terraform.tfstate"


def confirmed(question: str, *, auto_approve: bool) -> bool:
    """Ask for confirmation, unless it was given in advance; return the answer.

    Raises:
        AlurError: standard input is not a terminal.
    """
    import sys

    from alur.errors import AlurError

    if auto_approve:
        return True
    if not sys.stdin.isatty():
        raise AlurError(
            "cannot ask for confirmation: stdin is not a terminal",
            remedy="confirm in advance with --auto-approve",
        )
    return click.confirm(question)
