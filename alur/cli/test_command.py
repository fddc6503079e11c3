"""``alur test``: records tests of pipelines from real rows, and runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alur.cli.completion import pipelines as completed_pipelines
from alur.cli.environments import chosen, environment_option
from alur.cli.spinner import Spinner
from alur.cli.terminal import CROSS, ERROR, OK, TICK, echo, echo_prose, note
from alur.project.settings import LOCAL
from alur.text import counted

if TYPE_CHECKING:
    from alur.operations.testing import Recording
    from alur.project.project import Project

_ROWS = 20
_MOST_ROWS = 1000


@click.command()
@click.argument("pipelines", nargs=-1, metavar="[PIPELINE]...", shell_complete=completed_pipelines)
@click.option("--record", is_flag=True, help="Record the tests of these pipelines.")
@click.option(
    "--rows",
    type=click.IntRange(1, _MOST_ROWS),
    metavar="N",
    help=f"Record at most so many rows of each source ({_ROWS}).",
)
@click.option("--force", is_flag=True, help="Replace earlier recordings.")
@environment_option(default=LOCAL)
def command(
    pipelines: tuple[str, ...],
    record: bool,
    rows: int | None,
    force: bool,
    environment: str | None,
) -> None:
    """Run the recorded tests of all pipelines, or of some.

    With --record, choose rows of a pipeline's sources, run it on them, and keep both in tests/fixtures: as a test
    that expects the same result from then on. Values of tagged columns, and of those joined with them, are replaced.
    """
    from alur.project.project import Project

    if not record and (rows or force or environment):
        raise click.UsageError("--rows, --force and --env need --record.")
    if record and not pipelines:
        raise click.UsageError("--record needs the name of a pipeline.")
    project = Project.load()
    if not record:
        _run(project, pipelines)
        return
    where = chosen(environment, project.settings, LOCAL)
    for name in pipelines:
        _record(project, name, rows or _ROWS, where, force)


def _record(project: Project, name: str, rows: int, environment: str, force: bool) -> None:
    with Spinner(f"recording {name}"):
        from alur.operations.testing import record_test

        recording = record_test(project, name, rows, environment, force=force)
    _print_recording(recording)


def _print_recording(recording: Recording) -> None:
    test = recording.test
    echo(f"{TICK} {test.pipeline.name} → {test.shown_folder}")
    for parameter, count in recording.rows.items():
        echo(f"    sources/{parameter}.csv  {counted(count, 'row')}")
    echo(f"    expected.csv  {counted(recording.expected, 'row')}")
    for text in recording.notices:
        note(text)
    columns: dict[str, list[str]] = {}
    for column, reason in recording.masked.items():
        columns.setdefault(reason, []).append(str(column))
    if tagged := columns.pop("tagged", None):
        note(f"values replaced, because the columns are tagged: {', '.join(tagged)}")
    for reason, others in columns.items():
        note(f"values replaced in {', '.join(others)}: {reason}")


def _run(project: Project, pipelines: tuple[str, ...]) -> None:
    ran = failed = 0
    with Spinner("starting the engine") as spinner:
        from alur.operations.testing import run_tests
        from alur.runtime.fixtures.outcome_text import failure_lines

        for outcome in run_tests(project, pipelines):
            ran += 1
            failed += not outcome.passed
            mark = TICK if outcome.passed else CROSS
            with spinner.paused():
                echo(f"  {mark} {outcome.pipeline}: {counted(outcome.rows, 'row')}")
                for line in failure_lines(outcome):
                    echo(f"      {line}")
                for text in outcome.notices if outcome.passed else ():
                    note(text)
            spinner.update("testing")
    if failed:
        echo_prose(f"\n{ERROR} {failed:,} of {counted(ran, 'test')} failed")
        raise click.exceptions.Exit(1)
    echo(f"\n{OK} {counted(ran, 'test')} passed")
