"""Records the ends of pipelines in Dagster's instance, so that its web UI shows runs of the command line, too."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from alur.project.project import Project
    from alur.runtime.results import Event


class Recorder:
    """A process that imports Dagster while this one imports Spark; it is not started if Dagster is not installed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Recorder:
        if find_spec("dagster") is not None:
            command = [sys.executable, "-m", "alur_dagster.recorder", str(self._project.root)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                # Ctrl-C must end only the run: the recorder still writes the events it has received.
                start_new_session=True,
            )
        return self

    def record(self, event: Event) -> None:
        """Pass on the end of a pipeline; ignore all other events."""
        from alur.runtime.records import record_of
        from alur.runtime.results import Failed, Succeeded

        if self._process is None or not isinstance(event, Succeeded | Failed):
            return
        assert self._process.stdin is not None
        line = json.dumps(record_of(self._project.pipeline(event.pipeline), event))
        # A dead recorder has printed its error; it must not fail the run, whose tables are written.
        with suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.communicate()
