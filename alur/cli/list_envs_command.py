"""``alur list-envs``: lists the environments that ``alur new-env`` has made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.output import as_data
from alur.cli.terminal import echo, echo_json
from alur.text import age

if TYPE_CHECKING:
    from alur.operations.results import ListedEnvironment


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def command(as_json: bool) -> None:
    """List the environments that alur new-env has made: what each comes from, its age, and what its runs have written."""
    from alur.operations import list_environments
    from alur.project.project import Project

    found = list_environments(Project.load())
    if as_json:
        echo_json([as_data(environment) for environment in found])
        return
    if not found:
        echo("No environments. Make one with alur new-env NAME.")
        return
    from alur.cli.table_display import line_width, lines_of

    names = ["environment", "from", "age", "tables", "written", "own files"]
    at_right = [False, False, True, True, True, True]
    for line in lines_of(names, at_right, [_row(one) for one in found], line_width()):
        echo(line)


def _row(environment: ListedEnvironment) -> list[str]:
    tables, size = environment.tables, environment.bytes
    return [
        environment.name,
        environment.origin,
        age(environment.created),
        "?" if tables is None else f"{tables:,}",
        "?" if tables is None else f"{len(environment.written):,}",
        "?" if size is None else f"{size / 1_000_000:.1f} MB",
    ]
