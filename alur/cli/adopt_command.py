"""``alur adopt``: tables on this machine that their catalog has lost."""

from __future__ import annotations

import click

from alur.cli import completion
from alur.cli.terminal import echo


@click.command()
@click.argument("tables", nargs=-1, shell_complete=completion.tables)
def command(tables: tuple[str, ...]) -> None:
    """Take tables into the catalog again whose files are there: TABLES, by default all that it has lost."""
    from alur.project.project import Project
    from alur.runtime.local import local_warehouse

    project = Project.load()
    warehouse = local_warehouse(project)
    contracts = [project.table(name) for name in tables] or list(project.contracts)
    adopted = [contract.identifier for contract in contracts if warehouse.adopt(contract)]
    for name in adopted:
        echo(f"{name}: in the catalog again")
    if not adopted:
        echo("The catalog has lost no table.")
