"""The output of a job. Glue streams it to CloudWatch, so each line is flushed."""

from __future__ import annotations

import sys
import traceback
from datetime import datetime, timezone
from pathlib import Path

from alur.errors import AlurError, Location
from alur.pipelines.pipeline import Pipeline
from alur.runtime.results import Event, Notice, Step, StepBegun, Succeeded
from alur.text import counted

_CHARACTERS = 500
"""The maximum length of a run's message, which is for lists and alerts; the log has the full text."""


def log_line(text: str, speaker: str = "Alur") -> None:
    """Print a line with the time in UTC."""
    now = datetime.now(timezone.utc)
    print(f"{now:%Y-%m-%d %H:%M:%S} [{speaker}] {text}", flush=True)


class JobLog:
    """Prints the events of one pipeline's run."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def show(self, event: Event) -> None:
        """Print an event."""
        match event:
            case StepBegun(_, step):
                self._begin(step)
            case Notice(_, text):
                log_line(f"Notice: {text}")

    def finish(self, succeeded: Succeeded) -> None:
        """Print the result of a successful run."""
        for parameter, rows in succeeded.rows_read.items():
            files = succeeded.files.get(parameter)
            origin = f" from {counted(len(files), 'file')}" if files else ""
            log_line(f"Read {parameter}: {counted(rows, 'row')}{origin}")
        if succeeded.commit:
            commit = succeeded.commit
            log_line(f"Wrote {commit.written}")
            log_line(f"Snapshot {commit.snapshot_id} of {commit.table_path}")
        log_line(f"Pipeline completed successfully in {sum(succeeded.seconds.values()):.1f} s")

    def _begin(self, step: Step) -> None:
        target = self._pipeline.target
        match step:
            case "read":
                for parameter in self._pipeline.sources:
                    log_line(f"Reading source: {parameter}")
            case "transform":
                log_line("Executing transformation")
            case "check":
                log_line(f"Checking {counted(len(target.rules), 'rule')} of {target.name}")
            case "write":
                log_line(f"Writing to target: {target.table}")


def log_failure(error: AlurError, root: Path | None) -> None:
    """Print an error with all its details; write the stack trace to standard error.

    Args:
        root: the project's folder; paths of files are relative to it.
    """
    if error.__cause__ is not None:
        traceback.print_exception(error.__cause__, file=sys.stderr)
    log_line("Pipeline failed")
    print(_relative(str(error), root), flush=True)


def summary(error: AlurError, root: Path | None) -> str:
    r"""Return an error in one line, without rows of the table.

    >>> from alur.errors import Location, RunError
    >>> summary(RunError("load: 2 rows\n  a rule\n      id=7", where=Location("/x/pipelines.py", 3)), Path("/x"))
    'RunError: load: 2 rows; a rule (pipelines.py:3)'
    """
    first, *more = error.problems
    lines = [line.strip() for line in first.message.splitlines() if not line.startswith("    ")]
    place = f" ({_relative(str(first.where), root)})" if first.where else ""
    others = f" (and {counted(len(more), 'more problem')})" if more else ""
    text = f"{type(first).__name__}: {'; '.join(lines)}"
    shortened = text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"
    return f"{shortened}{place}{others}"


def _relative(text: str, root: Path | None) -> str:
    """Return a text with paths relative to the project, whose location in a job means nothing to its author."""
    if root is None:
        return text
    return text.replace(f"{root}/", "").replace(str(Location(f"{root}/", 0)).removesuffix(":0"), "")
