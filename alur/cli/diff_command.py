"""``alur diff``: shows the differences of a table between environments, runs or snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from alur.cli.completion import environments, tables
from alur.cli.diff_all import DIFFERENT, compare_all, difference_counts
from alur.cli.environments import chosen, environment_option
from alur.cli.spinner import Spinner
from alur.cli.terminal import NOTE, OK, echo, echo_json
from alur.project.settings import LOCAL
from alur.text import counted

if TYPE_CHECKING:
    from alur.runtime.tables.close_rows import Row
    from alur.runtime.tables.table_diff import TableDiff

_SAMPLE = 5


@click.command()
@click.argument("table", required=False, shell_complete=tables)
@click.option("--all", "everything", is_flag=True, help="Compare all tables with --against.")
@environment_option(default=LOCAL)
@click.option(
    "--against",
    metavar="NAME",
    shell_complete=environments,
    help="Compare with the table of another environment.",
)
@click.option("--run", "run_id", metavar="ID", help="Show what a run has changed.")
@click.option("--snapshot", type=int, metavar="ID", help="Compare with an earlier snapshot.")
@click.option(
    "--key",
    metavar="COLUMNS",
    help="The columns that identify a row, with commas; '' compares rows as a whole.  [default: the contract's key]",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=_SAMPLE,
    show_default=True,
    metavar="N",
    help="Show at most so many rows of each kind.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def command(  # noqa: PLR0913 - one for each option
    *,
    table: str | None,
    everything: bool,
    environment: str | None,
    against: str | None,
    run_id: str | None,
    snapshot: int | None,
    key: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show how the rows of TABLE, or of all tables, differ between environments, runs or snapshots.

    By default, show what the last commit has changed. The exit code is 0 if nothing differs, 2 if something does, and 1
    after an error.
    """
    if sum(option is not None for option in (against, run_id, snapshot)) > 1:
        raise click.UsageError("Give only one of --against, --run and --snapshot.")
    if (table is None) != everything:
        raise click.UsageError("Name a table, or say --all.")
    from alur.project.project import Project

    project = Project.load()
    where = chosen(environment, project.settings, LOCAL)
    if against == where:
        raise click.UsageError(f"--against must differ from --env, which is {where}.")
    if table is None:
        if against is None or key is not None:
            raise click.UsageError("--all needs --against, and no --key.")
        compare_all(project, where, against, as_json=as_json)
        return
    with Spinner("comparing"):
        from alur.operations.diffing import diff

        found = diff(
            project,
            table,
            where,
            against=against,
            run=run_id,
            snapshot=snapshot,
            key=None if key is None else _names(key),
            sample=limit,
        )
    if as_json:
        echo_json(_as_data(found, project.table(table).identifier))
    else:
        for line in _text(found, project.table(table).identifier, limit):
            echo(line)
    if found.differs:
        raise click.exceptions.Exit(DIFFERENT)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _text(found: TableDiff, table: str, limit: int) -> Iterator[str]:
    from alur.runtime.tables.row_difference_text import Labels, changed_columns, difference_lines

    first, second = found.first, found.second
    yield f"{table}: {first.name} → {second.name}"
    yield f"  {first.rows:,} → {counted(second.rows, 'row')}"
    for column in found.columns:
        yield f"  column {column.column}: {column.first or 'none'} → {column.second or 'none'}"
    if found.left_out:
        yield f"  {NOTE} not compared: {', '.join(found.left_out)}"
    if not found.differs:
        yield f"\n{OK} the same"
        return
    yield f"\n{difference_counts(found)}"
    if columns := changed_columns(found.changed_columns):
        yield f"changed columns: {columns}"
    labels = Labels("removed", "added", "was", "is")
    yield from (f"  {line}" for line in difference_lines(found.samples, labels, limit))
    kinds = found.changed, found.removed, found.added
    if more := sum(max(0, count - limit) for count in kinds):
        yield f"  and {more:,} more"


def _as_data(found: TableDiff, table: str) -> dict[str, Any]:
    from alur.runtime.tables.row_json import json_value

    samples = found.samples
    types = [found.first.schema.field(name).type for name in samples.names]

    def row(values: Row) -> dict[str, Any]:
        forms = map(json_value, values, types)
        return dict(zip(samples.names, forms, strict=True))

    return {
        "table": table,
        "first": {"name": found.first.name, "rows": found.first.rows},
        "second": {"name": found.second.name, "rows": found.second.rows},
        "same": not found.differs,
        "key": list(found.key),
        "columns": [
            {"column": c.column, "first": c.first, "second": c.second} for c in found.columns
        ],
        "not_compared": list(found.left_out),
        "removed": found.removed,
        "added": found.added,
        "changed": found.changed,
        "changed_columns": dict(found.changed_columns),
        "samples": {
            "removed": [row(values) for values in samples.only_first],
            "added": [row(values) for values in samples.only_second],
            "changed": [{"first": row(a), "second": row(b)} for a, b in samples.changed],
        },
    }
