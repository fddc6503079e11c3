"""``alur adopt``: restores local tables the catalog has lost."""

from __future__ import annotations

import click

from alur.cli import completion
from alur.cli.terminal import echo


@click.command()
@click.argument("tables", nargs=-1, shell_complete=completion.tables)
def command(tables: tuple[str, ...]) -> None:
    """Restore TABLES to the catalog from their files; by default, all that the catalog has lost."""
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
