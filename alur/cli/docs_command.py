"""``alur docs``: writes the documentation of the project as a static site."""

from __future__ import annotations

from pathlib import Path

import click

from alur.cli.terminal import OK, echo
from alur.text import counted


@click.command()
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder to write into; it may hold nothing else.  [default: .alur/docs]",
)
@click.option(
    "--no-freshness",
    is_flag=True,
    help="Leave out the last commit and the rows of the local tables.",
)
def command(folder: Path | None, no_freshness: bool) -> None:
    """Write pages about every table: columns, lineage, rules, pipelines, schedules, owners, freshness.

    They open in any browser, from the folder or from a web server, and load nothing from elsewhere. A later call
    replaces them, and removes those of tables that are gone.
    """
    from alur.operations.documenting import document
    from alur.project.project import Project

    written = document(Project.load(), folder, freshness=not no_freshness)
    echo(f"{OK} {counted(written.pages, 'page')}: {written.folder / 'index.html'}")
