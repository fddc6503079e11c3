"""What several commands do with a project in an environment of AWS: plan it, package it, write its Terraform."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alur.deployment.resources import Deployment
    from alur.project.project import Project

SCRIPT = "driver.py"


@dataclass(frozen=True)
class Prepared:
    """A deployment, and the file with the code that it names."""

    project: Project
    deployment: Deployment
    artifact: Path

    def write(self, folder: Path) -> Iterator[str]:
        """Writes the Terraform files, and what they upload; yields each file's name."""
        from alur.runtime import glue_script
        from alur.terraform.folder import TerraformFolder
        from alur.terraform.rendering import render

        state = state_file(self.project, self.deployment.environment)
        files = render(self.deployment, os.path.relpath(state, folder))
        artifacts = {self.artifact.name: self.artifact, SCRIPT: Path(glue_script.__file__)}
        yield from TerraformFolder(folder).write(files, artifacts)


def prepare(project: Project, environment: str) -> Prepared:
    """Packages the project's code, and plans its deployment.

    Raises:
        AlurError: it cannot be packaged, or AWS cannot hold it.
    """
    from alur.deployment.planning import plan
    from alur.deployment.resources import Code
    from alur.packaging import build
    from alur.runtime.code_version import code_version

    # What AWS cannot hold is known at once; packaging may take its time.
    plan(project, environment, Code("unknown", "unknown"))
    artifact = build(project, project.root / ".alur" / "build").path
    code = Code(artifact.name, code_version(project))
    return Prepared(project, plan(project, environment, code), artifact)


def terraform_folder(project: Project, environment: str) -> Path:
    """Where an environment's Terraform files are written, unless a command is told otherwise."""
    return project.root / ".alur" / "terraform" / environment


def state_file(project: Project, environment: str) -> Path:
    """Where an environment's state is kept, if there is no bucket for it."""
    return project.root / ".alur" / "state" / environment / "terraform.tfstate"


def confirmed(question: str, *, auto_approve: bool) -> bool:
    """Asks, unless told not to; where nobody can answer, that is a no.

    Raises:
        AlurError: there is no terminal to ask on.
    """
    import sys

    import click

    from alur.errors import AlurError

    if auto_approve:
        return True
    if not sys.stdin.isatty():
        raise AlurError(
            "nobody can be asked here: the input is no terminal",
            remedy="say --auto-approve if this is to go on without a question",
        )
    return click.confirm(question)
