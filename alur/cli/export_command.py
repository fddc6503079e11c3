"""``alur export``: writes contracts in the forms of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from alur.cli.completion import tables
from alur.cli.terminal import OK, echo


@click.group()
def command() -> None:
    """Write contracts for other tools."""


@command.command()
@click.argument("contracts", nargs=-1, shell_complete=tables)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default=Path("odcs"),
    show_default=True,
    help="Where to write the files.",
)
def odcs(contracts: tuple[str, ...], folder: Path) -> None:
    """Write data contracts (ODCS).

    CONTRACTS, by default all, become documents of the Open Data Contract Standard v3.1. Each is a file such as silver.orders.odcs.yaml. Existing files are replaced.
    """
    from alur.exchange import yaml_text
    from alur.exchange.files import write_text
    from alur.exchange.odcs_export import odcs_document
    from alur.project.project import Project

    project = Project.load()
    chosen = [project.table(name) for name in contracts] or list(project.contracts)
    modes = {pipeline.target.identifier: pipeline.mode for pipeline in project.pipelines}
    for contract in dict.fromkeys(chosen):
        mode = modes.get(contract.identifier)
        document = odcs_document(contract, project.settings.project.name, mode)
        path = folder / f"{contract.identifier}.odcs.yaml"
        write_text(path, yaml_text.written(document))
        echo(f"{OK} {path}")
