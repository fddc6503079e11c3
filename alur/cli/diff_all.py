"""``alur diff --all``: one line for each table that differs between two environments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from alur.cli.spinner import Spinner
from alur.cli.terminal import OK, echo, echo_json
from alur.text import counted

if TYPE_CHECKING:
    from alur.operations.results import EnvironmentDiff
    from alur.project.project import Project
    from alur.runtime.tables.table_diff import TableDiff

DIFFERENT = 2
"""The exit code if something differs."""


def compare_all(project: Project, environment: str, against: str, *, as_json: bool) -> None:
    """Compare all tables of two environments, and print how they differ."""
    with Spinner("comparing"):
        from alur.operations.diffing import diff_all

        found = diff_all(project, environment, against)
    if as_json:
        echo_json(_as_data(found))
    else:
        for line in _text(found):
            echo(line)
    if found.differs:
        raise click.exceptions.Exit(DIFFERENT)


def _text(found: EnvironmentDiff) -> Iterator[str]:
    yield f"{found.first} → {found.second}"
    differing = {table: diff for table, diff in found.tables.items() if diff.differs}
    same = len(found.tables) - len(differing)
    if not found.differs:
        yield f"\n{OK} the same: {counted(same, 'table')}"
        return
    yield from (f"  ~ {table}: {_difference(diff)}" for table, diff in differing.items())
    for table, environment in found.missing.items():
        mark = "+" if environment == found.first else "-"
        yield f"  {mark} {table}: never written in {environment}"
    number = len(differing) + len(found.missing)
    verb = "differs" if number == 1 else "differ"
    yield f"\n{counted(number, 'table')} {verb}; the same: {counted(same, 'table')}"


def _difference(diff: TableDiff) -> str:
    counts = difference_counts(diff)
    columns = ", ".join(one.column for one in diff.columns)
    what = f"{counts}; other columns: {columns}" if columns else counts
    return f"{diff.first.rows:,} → {counted(diff.second.rows, 'row')} ({what})"


def difference_counts(found: TableDiff) -> str:
    """Return how many rows differ, in words."""
    kinds = {"changed": found.changed, "removed": found.removed, "added": found.added}
    counts = [f"{counted(count, 'row')} {kind}" for kind, count in kinds.items() if count]
    return ", ".join(counts) or "no row differs"


def _as_data(found: EnvironmentDiff) -> dict[str, Any]:
    return {
        "first": found.first,
        "second": found.second,
        "same": not found.differs,
        "tables": [_table_data(table, diff) for table, diff in found.tables.items()],
        "missing": [{"table": t, "environment": one} for t, one in found.missing.items()],
    }


def _table_data(table: str, diff: TableDiff) -> dict[str, Any]:
    return {
        "table": table,
        "same": not diff.differs,
        "rows": [diff.first.rows, diff.second.rows],
        "removed": diff.removed,
        "added": diff.added,
        "changed": diff.changed,
        "columns": [one.column for one in diff.columns],
    }
