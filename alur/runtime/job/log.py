"""What a job prints. Glue takes it to CloudWatch as it comes, so each line is flushed."""

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
"""A run's message is for lists and alerts; the log has the whole."""


def say(text: str, speaker: str = "Alur") -> None:
    """Print a line with the time in UTC."""
    now = datetime.now(timezone.utc)
    print(f"{now:%Y-%m-%d %H:%M:%S} [{speaker}] {text}", flush=True)


class JobLog:
    """Tells of one pipeline's run."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def show(self, event: Event) -> None:
        """Print what happens."""
        match event:
            case StepBegun(_, step):
                self._begin(step)
            case Notice(_, text):
                say(f"Notice: {text}")

    def finish(self, succeeded: Succeeded) -> None:
        """Print how the run ended well."""
        for parameter, rows in succeeded.rows_read.items():
            files = succeeded.files.get(parameter)
            origin = f" from {counted(len(files), 'file')}" if files else ""
            say(f"Read {parameter}: {counted(rows, 'row')}{origin}")
        if succeeded.commit:
            commit = succeeded.commit
            say(f"Wrote {counted(commit.rows_written, 'row')}; the table has {commit.total_rows:,}")
            say(f"Snapshot {commit.snapshot_id} of {commit.table_path}")
        say(f"Pipeline completed successfully in {sum(succeeded.seconds.values()):.1f} s")

    def _begin(self, step: Step) -> None:
        target = self._pipeline.target
        match step:
            case "read":
                for parameter in self._pipeline.sources:
                    say(f"Reading source: {parameter}")
            case "transform":
                say("Executing transformation")
            case "check":
                say(f"Checking {counted(len(target.rules), 'rule')} of {target.name}")
            case "write":
                say(f"Writing to target: {target.table}")


def tell_failure(error: AlurError, root: Path | None) -> None:
    """Print an error with all that it knows; the stack behind it goes to standard error.

    Args:
        root: the project's folder, from which on its files are named.
    """
    if error.__cause__ is not None:
        traceback.print_exception(error.__cause__, file=sys.stderr)
    say("Pipeline failed")
    print(_relative(str(error), root), flush=True)


def summary(error: AlurError, root: Path | None) -> str:
    r"""Return an error in one line, without any of the table's rows.

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
    """Return a text with the project's paths as its author knows them: its folder's own path means nothing in a job."""
    if root is None:
        return text
    return text.replace(f"{root}/", "").replace(str(Location(f"{root}/", 0)).removesuffix(":0"), "")
