"""``alur verify``: checks whether the project gives the same tables on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from alur.cli.spinner import Spinner
from alur.cli.terminal import CROSS, ERROR, OK, TICK, echo
from alur.text import counted

if TYPE_CHECKING:
    from alur.project.project import Project
    from alur.runtime.engine_comparison import EngineComparison


@click.command()
@click.option("--engines", is_flag=True, required=True, help="Compare Sail with Spark.")
def command(engines: bool) -> None:
    """Run the graph on the landing files with Sail and with Spark, and compare all tables row by row.

    Both write to temporary folders; the project's tables stay unchanged.
    """
    from alur.project.project import Project

    project = Project.load()
    compared = _compare(project)
    for one in compared:
        echo("\n".join(_lines(one, project)))
    differing = sum(one.differs for one in compared)
    if differing:
        echo(
            f"\n{ERROR} {counted(differing, 'table differs', 'tables differ')} between the engines"
        )
        raise click.exceptions.Exit(1)
    echo(f"\n{OK} {counted(len(compared), 'pipeline')}: Sail gives what Spark gives")


def _compare(project: Project) -> list[EngineComparison]:
    from alur.runtime.engine_comparison import compare_engines
    from alur.runtime.engines.process_folder import process_folder

    spinner = Spinner("starting the engines")
    spinner.start()
    try:
        return compare_engines(project, process_folder() / "verify", spinner.update)
    finally:
        spinner.stop()


def _lines(one: EngineComparison, project: Project) -> Iterator[str]:
    target = project.pipeline(one.pipeline).target.identifier
    mark = CROSS if one.differs else TICK
    if one.failures:
        both = " on both engines" if len(one.failures) == 2 else ""
        yield f"  {mark} {one.pipeline} → {target}: failed{both}"
        for engine, message in one.failures.items():
            text = message.replace("\n", "\n        ")
            yield f"      on {engine}: {text}"
    elif one.table is None:
        yield f"  {mark} {one.pipeline} → {target}: no table"
    else:
        yield f"  {mark} {one.pipeline} → {target}: {counted(one.table.rows_there, 'row')}"
        yield from (f"      {line}" for line in one.table.differences)
        for origin in one.origins:
            yield f"      {origin.column} is made at {origin.where}: {origin.text}"
