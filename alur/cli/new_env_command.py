"""``alur new-env``: makes an environment to try a change in, without copying data."""

from __future__ import annotations

import click

from alur.cli.completion import environments
from alur.cli.output import json_option, output


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "origin",
    metavar="NAME",
    shell_complete=environments,
    help="The environment to begin with.  [default: default_env in alur.toml, else local]",
)
@json_option
def command(name: str, origin: str | None, as_json: bool) -> None:
    """Make the environment NAME, whose tables are those of another one.

    No data file is copied. Runs in the new environment write files of their own, and the other one stays as it is. From
    an environment in AWS, show what would be done.
    """
    from alur.cli.environments import chosen
    from alur.operations import new_environment, plan_environment
    from alur.project.project import Project
    from alur.project.settings import LOCAL

    with output(as_json=as_json) as out:
        project = Project.load()
        source = project.environment(chosen(origin, project.settings, LOCAL))
        if not source.is_local and not source.is_sandbox:
            out.show(plan_environment(project, name, source.name))
        out.show(new_environment(project, name, source.name))
