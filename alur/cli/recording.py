"""Tells Dagster's instance how pipelines ended, so that its web UI knows of runs from the command line, too."""

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
    """A process of its own that imports Dagster while this one imports Spark; none where Dagster is not installed."""

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
                # Ctrl-C is for the run; what it has told before is still written down.
                start_new_session=True,
            )
        return self

    def record(self, event: Event) -> None:
        """Passes on how a pipeline ended; other events are for the terminal alone."""
        from alur.runtime.records import record_of
        from alur.runtime.results import Failed, Succeeded

        if self._process is None or not isinstance(event, Succeeded | Failed):
            return
        assert self._process.stdin is not None
        line = json.dumps(record_of(self._project.pipeline(event.pipeline), event))
        # A recorder that died has said why on standard error; the tables are what counts.
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
