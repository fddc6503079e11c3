"""``alur show``: the rows of a table, without an engine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from alur.contracts.table import Contract
    from alur.project.project import Project

_ROWS = 20


@click.command()
@click.argument("table")
@click.option("--env", "environment", default="local", show_default=True, help="Where it is.")
@click.option(
    "--limit", type=click.IntRange(1), help="At most so many rows (20, or all with --csv)."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV, the header first.")
def command(table: str, environment: str, limit: int | None, as_csv: bool) -> None:
    """Show the rows of TABLE, in the order of its key. TABLE is a table's or a contract's name."""
    from alur.project.project import Project

    project = Project.load()
    project.settings.environment(environment)
    contract = project.table(table)
    if limit is None and not as_csv:
        limit = _ROWS
    rows, total = _rows(project, contract, environment, limit)
    if as_csv:
        _print_csv(rows)
    else:
        _print_table(rows, contract, total)


def _rows(
    project: Project, contract: Contract, environment: str, limit: int | None
) -> tuple[pa.Table, int]:
    if environment == "local":
        from alur.runtime.local.runtime import local_warehouse

        warehouse = local_warehouse(project)
        rows = warehouse.rows(contract, limit)
        current = warehouse.standing(contract)
        return rows, current.total_rows if current else rows.num_rows
    from alur.cli.deployments import connected
    from alur.naming import database_name
    from alur.runtime.glue.reader import read_table

    clients = connected(project, environment)
    database = database_name(project.settings, environment, contract.layer)
    properties = clients.s3_properties()
    return read_table(clients("glue"), clients("s3"), properties, database, contract, limit)


def _print_csv(rows: pa.Table) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows.column_names)
    for batch in rows.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([_text(value) for value in row] for row in zip(*columns, strict=True))


def _print_table(rows: pa.Table, contract: Contract, total: int) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD)
    for field in rows.schema:
        number = str(field.type).startswith(("int", "float", "double", "decimal"))
        shown.add_column(field.name, justify="right" if number else "left")
    for row in rows.to_pylist():
        shown.add_row(*(_text(value) for value in row.values()))
    # Wide enough for whole values where the output is piped.
    Console(width=None if sys.stdout.isatty() else 400).print(shown)
    click.echo(f"{contract.identifier}: {rows.num_rows:,} of {total:,} rows")


def _text(value: Any) -> str:
    """A value as text: ISO 8601 for times, hexadecimal for bytes, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
