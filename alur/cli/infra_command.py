"""``alur infra``: the Terraform files, without applying them."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Work with the Terraform files of an environment."""


@command.command()
@click.option("--env", "environment", default="dev", show_default=True, help="The environment.")
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write them.  [default: .alur/terraform/<env>]",
)
def generate(environment: str, folder: Path | None) -> None:
    """Write the Terraform files of an environment, and the code that they upload."""
    from alur.cli.deployments import prepare, terraform_folder, warn
    from alur.project.project import Project

    project = Project.load()
    prepared = prepare(project, environment)
    for notice in prepared.artifact.notices:
        warn(notice)
    target = (folder or terraform_folder(project, environment)).resolve()
    for name in prepared.write(target):
        click.echo(f"  Generated: {name}")
    click.echo(f"{click.style('[OK]', fg='green')} Terraform files of {environment!r}: {target}")
