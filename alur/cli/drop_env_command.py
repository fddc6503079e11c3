"""``alur drop-env``: deletes an environment that ``alur new-env`` has made."""

from __future__ import annotations

import click

from alur.cli.completion import clones
from alur.cli.output import json_option, output


@click.command()
@click.argument("name", shell_complete=clones)
@json_option
def command(name: str, as_json: bool) -> None:
    """Delete the environment NAME, which alur new-env has made, with the files that its runs have written.

    The environment that it was made from stays as it is.
    """
    from alur.operations import drop_environment
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        out.show(drop_environment(Project.load(), name))
