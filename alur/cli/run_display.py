"""Shows a run in a terminal: a spinner during the run, and some lines for each finished pipeline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from alur.cli.failures import show_tracebacks
from alur.cli.spinner import Spinner
from alur.cli.terminal import CROSS, ERROR, NOTE, OK, TICK, echo
from alur.operations.events import Activity, Event
from alur.runtime.results import Failed, Notice, Progress, Skipped, Started, StepBegun, Succeeded
from alur.text import counted

if TYPE_CHECKING:
    from types import TracebackType

    from alur.project.environment import Environment
    from alur.project.project import Project

_STEPS = {
    "read": "reading",
    "transform": "transforming",
    "check": "checking",
    "write": "writing",
}


class RunDisplay:
    """Prints a run's events; output to a pipe or file has no spinner."""

    def __init__(self, project: Project, names: list[str], environment: Environment) -> None:
        self._project = project
        self._environment = environment
        self._count = len(names)
        self._ended: list[Succeeded | Failed | Skipped] = []
        self._spinner = Spinner("starting")
        self._began = time.perf_counter()

    def __enter__(self) -> RunDisplay:
        engine = self._environment.settings.engine
        count = counted(self._count, "pipeline")
        clone = f" in {self._environment.name}" if self._environment.clone else ""
        echo(f"Running {count}{clone} on this machine (engine: {engine})\n")
        self._spinner.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spinner.stop()
        if error is None:
            self._finish(time.perf_counter() - self._began)

    def show(self, event: Event) -> None:
        """Print one event."""
        match event:
            case Activity(text) if text:
                self._spinner.update(text)
            case Started(pipeline):
                self._spinner.update(f"{self._position()} {pipeline}")
            case StepBegun(pipeline, step):
                self._spinner.update(f"{self._position()} {pipeline}: {_STEPS[step]}")
            case Progress(pipeline, done, total):
                self._spinner.update(
                    f"{self._position()} {pipeline}: {done:,} of {counted(total, 'file')}"
                )
            case Notice(pipeline, text):
                self._spinner.echo(f"  {NOTE} {pipeline}: {text}")
            case Succeeded() | Failed() | Skipped():
                self._ended.append(event)
                self._spinner.echo("\n".join(_lines(event, self._project)))
                if isinstance(event, Failed):
                    with self._spinner.paused():
                        show_tracebacks([event.error])

    def _finish(self, seconds: float) -> None:
        """Print the run's last line."""
        failed = sum(isinstance(outcome, Failed) for outcome in self._ended)
        skipped = sum(isinstance(outcome, Skipped) for outcome in self._ended)
        done = len(self._ended) - failed - skipped
        if not failed:
            unchanged = f", {skipped} skipped" if skipped else ""
            echo(f"\n{OK} {counted(done, 'pipeline')} completed{unchanged} in {seconds:.1f} s")
        else:
            echo(f"\n{ERROR} {failed} failed, {skipped} skipped, {done} completed")

    def _position(self) -> str:
        return f"[{len(self._ended) + 1}/{self._count}]"


def _lines(outcome: Succeeded | Failed | Skipped, project: Project) -> list[str]:
    target = project.pipeline(outcome.pipeline).target.identifier
    match outcome:
        case Succeeded():
            return [f"  {TICK} {outcome.pipeline} → {target}", *_success(outcome)]
        case Failed(pipeline, error):
            text = str(error).replace("\n", "\n      ")
            return [f"  {CROSS} {pipeline} → {target}", f"      {text}"]
        case Skipped(pipeline):
            return [f"  - {pipeline} skipped: {outcome.reason}"]


def _success(outcome: Succeeded) -> list[str]:
    lines = [f"      read     {_rows_read(outcome)}"]
    if outcome.commit:
        commit = outcome.commit
        lines.append(f"      written  {commit.written}, snapshot {commit.snapshot_id}")
    if outcome.seconds:
        steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in outcome.seconds.items())
        lines.append(f"      seconds  {steps}")
    return lines


def _rows_read(outcome: Succeeded) -> str:
    parts = []
    for parameter, rows in outcome.rows_read.items():
        files = outcome.files.get(parameter)
        origin = f" from {counted(len(files), 'file')}" if files else ""
        parts.append(f"{parameter}: {counted(rows, 'row')}{origin}")
    return ", ".join(parts)
