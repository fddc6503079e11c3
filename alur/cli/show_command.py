"""``alur show``: prints the rows of a table, without an engine."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from alur.cli.completion import tables
from alur.cli.environments import chosen, environment_option
from alur.cli.terminal import echo
from alur.project.settings import LOCAL

if TYPE_CHECKING:
    import pyarrow as pa

    from alur.contracts.contract import Contract
    from alur.project.environment import Environment
    from alur.project.project import Project

_ROWS = 20


@click.command()
@click.argument("table", shell_complete=tables)
@environment_option(default=LOCAL)
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="At most so many rows (20, or all with --csv).",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV, the header first.")
@click.option("--run", "run_id", metavar="ID", help="Show rows that a job run's check has refused.")
def command(
    table: str, environment: str | None, limit: int | None, as_csv: bool, run_id: str | None
) -> None:
    """Show the rows of TABLE, in the order of its key. TABLE is a table's or a contract's name."""
    from alur.project.project import Project

    project = Project.load()
    target = project.environment(chosen(environment, project.settings, LOCAL))
    if run_id and target.is_local:
        raise click.UsageError(
            "--run needs an environment in AWS: a local run keeps no refused rows."
        )
    contract = project.table(table)
    if limit is None and not as_csv:
        limit = _ROWS
    rows, total = _rows(project, contract, target, limit, run_id)
    if as_csv:
        from alur.cli.csv_output import print_csv
        from alur.runtime.tables.cells import texts

        print_csv(chain([rows.column_names], texts(rows)))
    else:
        _print_table(rows, contract, total)


def _rows(
    project: Project,
    contract: Contract,
    environment: Environment,
    limit: int | None,
    run_id: str | None,
) -> tuple[pa.Table, int]:
    if environment.is_local:
        from alur.runtime.local import local_warehouse

        warehouse = local_warehouse(project, environment.name)
        rows = warehouse.rows(contract, limit)
        current = warehouse.current_state(contract)
        return rows, current.total_rows if current else rows.num_rows
    from alur.operations.connection import connect
    from alur.runtime.tables.glue_reader import read_table

    clients = connect(project, environment)
    database = environment.names.database(contract.layer)
    properties = clients.s3_properties()
    glue, s3 = clients("glue"), clients("s3")
    return read_table(glue, s3, properties, database, contract, limit, run_id)


def _print_table(rows: pa.Table, contract: Contract, total: int) -> None:
    from alur.cli.table_display import line_width, lines_of, summary
    from alur.runtime.tables.cells import is_number, texts

    at_right = [is_number(type_) for type_ in rows.schema.types]
    for line in lines_of(rows.column_names, at_right, [*texts(rows)], line_width()):
        echo(line)
    echo()
    echo(summary(contract.identifier, rows.num_rows, total))
