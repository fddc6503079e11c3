"""``alur export``: writes contracts in the forms of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from alur.cli.completion import tables
from alur.cli.terminal import OK, echo

_MARK = "# Written by alur export odcs"


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
@click.option("--force", is_flag=True, help="Replace files that Alur has not written, too.")
def odcs(contracts: tuple[str, ...], folder: Path, force: bool) -> None:
    """Write data contracts (ODCS).

    CONTRACTS, by default all, become documents of the Open Data Contract Standard v3.1. Each is a file such as silver.orders.odcs.yaml. Files of an earlier export are
    replaced.
    """
    from alur.exchange import yaml_text
    from alur.exchange.files import write_text
    from alur.exchange.odcs_export import odcs_document
    from alur.project.project import Project
    from alur.written_files import check_replaceable

    project = Project.load()
    chosen = [project.table(name) for name in contracts] or list(project.contracts)
    modes = {pipeline.target.identifier: pipeline.mode for pipeline in project.pipelines}
    paths = {c: folder / f"{c.identifier}.odcs.yaml" for c in chosen}
    for path in paths.values() if not force else ():
        check_replaceable(path, _MARK, "move it, or replace it with --force")
    for contract, path in paths.items():
        mode = modes.get(contract.identifier)
        document = odcs_document(contract, project.settings.project.name, mode)
        write_text(path, f"{_MARK}: a later export replaces it.\n{yaml_text.written(document)}")
        echo(f"{OK} {path}")
