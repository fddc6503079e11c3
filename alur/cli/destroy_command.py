"""``alur destroy``: destroys an environment, in two stages."""

from __future__ import annotations

import click

from alur.cli.completion import aws_environments
from alur.cli.confirming import confirmed
from alur.cli.environments import chosen_of_aws
from alur.cli.output import json_option, output


@click.command()
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    shell_complete=aws_environments,
    help="The environment.  [default: dev; required where alur.toml has a default_env]",
)
@click.option("--force", is_flag=True, help="Empty the buckets first: all versions of everything.")
@click.option("--auto-approve", is_flag=True, help="Destroy without asking.")
@json_option
def command(environment: str | None, force: bool, auto_approve: bool, as_json: bool) -> None:
    """Destroy everything that was deployed to an AWS environment."""
    from alur.operations import destroy
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        if environment is None and project.settings.project.default_env:
            # Never destroy an environment that only a setting names.
            raise click.UsageError("Name the environment to take down, such as --env dev.")
        chosen = chosen_of_aws(environment, project.settings)
        data = ", with all data in its buckets" if force else ""
        name = project.settings.project.name
        question = f"Destroy {name} in {chosen}{data}? This cannot be undone"

        def approve() -> bool:
            return confirmed(question, out, auto_approve=auto_approve)

        destroy(project, chosen, approve=approve, force=force, observe=out.show)
