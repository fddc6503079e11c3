"""``alur publish``: takes over the tables of an environment that ``alur new-env`` has made."""

from __future__ import annotations

import click

from alur.cli.completion import clones
from alur.cli.output import json_option, output


@click.command()
@click.argument("name", shell_complete=clones)
@json_option
def command(name: str, as_json: bool) -> None:
    """Make the tables of the environment that NAME was made from those of NAME, and drop NAME.

    All tables change at once, and no data file is copied. If a table that NAME has written has changed in the other
    environment, too, nothing is published.
    """
    from alur.operations import publish
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        out.show(publish(Project.load(), name, observe=out.show))
