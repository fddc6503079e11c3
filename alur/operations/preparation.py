"""Plans and packages a project's deployment, and writes the Terraform files for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alur.aws.buckets import latest_first
from alur.deployment.job_contents import SCRIPT
from alur.deployment.planning import plan
from alur.deployment.resources import Code, Deployment
from alur.errors import EngineError
from alur.packaging import Artifact, build
from alur.runtime.code_version import code_version
from alur.runtime.job import script
from alur.terraform.folder import TerraformFolder
from alur.terraform.rendering import render

if TYPE_CHECKING:
    from alur.aws_clients import Clients
    from alur.project.environment import Environment
    from alur.project.project import Project
    from alur.terraform.binary import Terraform

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

    @property
    def folder(self) -> Path:
        """The default folder of the environment's Terraform files."""
        return self.root / ".alur" / "terraform" / self.environment.name

    def write(self, folder: Path) -> Iterator[str]:
        """Write the Terraform files and the artifacts they upload; yield each file's name."""
        state = _state_file(self.root, self.environment)
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
    # Plan first: planning finds a violated limit of AWS at once, and packaging may take minutes.
    deployment = plan(project, environment)
    artifact = build(project, project.root / ".alur" / "build")
    code = Code(artifact.path.name, code_version(project), plans=_plans(project))
    deployment = deployment.with_code(code)
    return Prepared(project.root, environment, deployment, artifact.path), artifact


def _plans(project: Project) -> dict[str, str]:
    """Return the fingerprints of pipelines' plans; none if the packages to run pipelines are not installed."""
    try:
        from alur.runtime.plan_facts import plan_texts, project_facts

        return plan_texts(project_facts(project))
    except (ModuleNotFoundError, EngineError):
        return {}


def prepare_destruction(project: Project, environment: Environment) -> Prepared:
    """Return a deployment to be destroyed: Terraform needs its files, but no code."""
    return Prepared(project.root, environment, plan(project, environment), None)


def keeping_earlier_code(prepared: Prepared, terraform: Terraform, clients: Clients) -> Prepared:
    """Return the deployment, extended by the latest code files of earlier deployments.

    Raises:
        AlurError: Terraform's state or the bucket cannot be read.
    """
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


def _state_file(root: Path, environment: Environment) -> Path:
    """Return the local file of an environment's state, for environments without a state bucket."""
    if environment.is_sandbox:
        # The state must not outlive the sandbox.
        return root / ".alur" / "sandbox" / "terraform.tfstate"
    return root / ".alur" / "state" / environment.name / "terraform.tfstate"
