"""``alur infra``: writes the Terraform files without applying them."""

from __future__ import annotations

from pathlib import Path

import click

from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.terminal import OK, echo, note


@click.group()
def command() -> None:
    """Work with the Terraform files of an environment."""


@command.command()
@aws_environment_option()
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write them.  [default: .alur/terraform/<env>]",
)
def generate(environment: str | None, folder: Path | None) -> None:
    """Write the Terraform files of an environment, and the code they upload."""
    from alur.cli.plan_cost import sharing_lines
    from alur.operations.preparation import prepare
    from alur.project.project import Project

    project = Project.load()
    target = project.environment(chosen_of_aws(environment, project.settings))
    prepared, artifact = prepare(project, target)
    for notice in artifact.notices:
        note(notice)
    where = (folder or prepared.folder).resolve()
    for name in prepared.write(where):
        echo(f"  Generated: {name}")
    for line in sharing_lines(prepared.deployment.alone):
        note(f"{line.text}: {', '.join(line.details)}")
    echo(f"{OK} Terraform files of {target.name!r}: {where}")
