"""``alur maintain``: keeps tables small, on this machine or in AWS."""

from __future__ import annotations

import click

from alur.cli import completion
from alur.cli.environments import chosen, environment_option
from alur.cli.output import json_option, output
from alur.project.settings import LOCAL


@click.command()
@click.argument("tables", nargs=-1, shell_complete=completion.tables)
@environment_option(default=LOCAL)
@json_option
def command(tables: tuple[str, ...], environment: str | None, as_json: bool) -> None:
    """Maintain TABLES, by default all: combine small files, expire snapshots by keep, delete files without a use.

    Runs do the same for their targets when it is due. The environment local is this machine; in any other, the Glue job
    of the pipeline that writes a table maintains it, and takes no landing files.
    """
    from alur.operations import maintain
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        target = chosen(environment, project.settings, LOCAL)
        succeeded = maintain(project, tables or None, target, observe=out.show)
    if not succeeded:
        raise click.exceptions.Exit(1)
