"""What a run looks like in a terminal: a spinner while it goes on, and some lines for each pipeline that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.status import Status

from alur.runtime.results import Failed, Notice, Progress, Skipped, Started, StepBegun, Succeeded

if TYPE_CHECKING:
    from types import TracebackType

    from alur.project.project import Project
    from alur.runtime.results import Event

_STEPS = {
    "read": "reading",
    "transform": "transforming",
    "check": "checking",
    "write": "writing",
}


class RunDisplay:
    """Prints a run's events. The spinner is for terminals only; piped output has the lines alone."""

    def __init__(self, project: Project, names: list[str]) -> None:
        self._project = project
        self._count = len(names)
        self._ended: list[Succeeded | Failed | Skipped] = []
        self._status = Status("starting the engine", console=Console(stderr=True))

    def __enter__(self) -> RunDisplay:
        engine = self._project.settings.environment("local").engine
        noun = "pipeline" if self._count == 1 else "pipelines"
        click.echo(f"Running {self._count} {noun} on this machine (engine: {engine})\n")
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    @property
    def went_well(self) -> bool:
        """Whether every pipeline has succeeded."""
        return all(isinstance(outcome, Succeeded) for outcome in self._ended)

    def show(self, event: Event) -> None:
        """Prints one event."""
        match event:
            case Started(pipeline):
                self._status.update(f"{self._position()} {pipeline}")
            case StepBegun(pipeline, step):
                self._status.update(f"{self._position()} {pipeline}: {_STEPS[step]}")
            case Progress(pipeline, done, total):
                self._status.update(f"{self._position()} {pipeline}: {done:,} of {total:,} files")
            case Notice(pipeline, text):
                self._print(f"  {click.style('!', fg='yellow')} {pipeline}: {text}")
            case Succeeded() | Failed() | Skipped():
                self._ended.append(event)
                for line in _lines(event, self._project):
                    self._print(line)

    def finish(self, seconds: float) -> None:
        """Prints the run's last line."""
        self._status.stop()
        failed = sum(isinstance(outcome, Failed) for outcome in self._ended)
        skipped = sum(isinstance(outcome, Skipped) for outcome in self._ended)
        done = len(self._ended) - failed - skipped
        if self.went_well:
            noun = "pipeline" if done == 1 else "pipelines"
            ok = click.style("[OK]", fg="green")
            click.echo(f"\n{ok} {done} {noun} completed in {seconds:.1f} s")
        else:
            mark = click.style("[ERROR]", fg="red")
            click.echo(f"\n{mark} {failed} failed, {skipped} skipped, {done} completed")

    def _position(self) -> str:
        return f"[{len(self._ended) + 1}/{self._count}]"

    def _print(self, line: str) -> None:
        self._status.stop()
        click.echo(line)
        if len(self._ended) < self._count:
            self._status.start()


def _lines(outcome: Succeeded | Failed | Skipped, project: Project) -> list[str]:
    target = project.pipeline(outcome.pipeline).target.identifier
    match outcome:
        case Succeeded():
            mark = click.style("✓", fg="green")
            return [f"  {mark} {outcome.pipeline} → {target}", *_success(outcome)]
        case Failed(pipeline, error):
            text = str(error).replace("\n", "\n      ")
            return [f"  {click.style('✗', fg='red')} {pipeline} → {target}", f"      {text}"]
        case Skipped(pipeline, because_of):
            return [f"  - {pipeline} skipped: it waits for {because_of}, which failed"]


def _success(outcome: Succeeded) -> list[str]:
    lines = [f"      read     {_rows_read(outcome)}"]
    if outcome.commit:
        commit = outcome.commit
        lines.append(
            f"      written  {commit.rows_written:,} rows; the table has {commit.total_rows:,}, "
            f"snapshot {commit.snapshot_id}"
        )
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in outcome.seconds.items())
    return [*lines, f"      seconds  {steps}"]


def _rows_read(outcome: Succeeded) -> str:
    parts = []
    for parameter, rows in outcome.rows_read.items():
        files = outcome.files.get(parameter)
        origin = f" from {len(files)} files" if files else ""
        parts.append(f"{parameter}: {rows:,} rows{origin}")
    return ", ".join(parts)
