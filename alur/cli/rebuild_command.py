"""``alur rebuild``: makes tables anew, on this machine or as Glue jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli import completion
from alur.cli.environments import chosen, environment_option
from alur.cli.failures import INTERRUPTED
from alur.cli.output import json_option, output
from alur.cli.run_command import display_of
from alur.errors import PipelineError

if TYPE_CHECKING:
    from alur.project.project import Project


@click.command()
@click.argument("tables", nargs=-1, required=True, shell_complete=completion.tables)
@environment_option()
@json_option
def command(tables: tuple[str, ...], environment: str | None, as_json: bool) -> None:
    """Make TABLES anew from all rows of their sources, each in one commit.

    Whatever the mode of a pipeline, its table then has the rows that a first run would write. Readers see the old rows
    until the commit, and its earlier snapshots stay. A table whose landing files are no longer there is refused.
    """
    from alur.operations import run
    from alur.project.project import Project

    with output(as_json=as_json) as out:
        project = Project.load()
        target = project.environment(chosen(environment, project.settings))
        names = [_writer(project, table) for table in tables]
        with display_of(out, project, names, target) as display:
            try:
                succeeded = run(project, names, target.name, rebuild=True, observe=display.show)
            except KeyboardInterrupt:
                if target.is_local:
                    raise
                raise click.exceptions.Exit(INTERRUPTED) from None
    if not succeeded:
        raise click.exceptions.Exit(1)


def _writer(project: Project, name: str) -> str:
    """Return the pipeline that writes a table.

    Raises:
        PipelineError: there is none.
    """
    contract = project.table(name)
    for pipeline in project.pipelines:
        if pipeline.target == contract:
            return pipeline.name
    raise PipelineError(
        f"no pipeline of the project writes {contract.identifier}",
        where=contract.location,
        remedy="rebuild it with the tool that writes it",
    )
