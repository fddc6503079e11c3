"""``alur status``: compares what is deployed with what is declared, and shows the last runs."""

from __future__ import annotations

import click

from alur.cli.environments import aws_environment_option, chosen_of_aws
from alur.cli.output import json_option, output


@click.command()
@aws_environment_option()
@json_option
def command(environment: str | None, as_json: bool) -> None:
    """Compare what is deployed with what the project declares; exit with 1 if they differ."""
    from alur.operations import status
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        result = status(project, chosen_of_aws(environment, project.settings), observe=out.show)
        out.show(result)
    if not result.in_step:
        raise click.exceptions.Exit(1)
