"""Runs pipelines on Spark's JVM in a separate process, started for the first of them.

Sail needs sessions of Spark Connect, which cannot share a process with those of a JVM.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, Self

from alur.errors import EngineError
from alur.runtime.results import Failed, Observer, Started, Succeeded

if TYPE_CHECKING:
    from alur.runtime.places import Places
    from alur.runtime.runtime import Runtime

_CONNECT_VARIABLES = ("SPARK_CONNECT_MODE_ENABLED", "SPARK_REMOTE")
_END_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Request:
    """One run of one pipeline, as the process receives it."""

    pipeline: str
    run_id: str | None
    preview_rows: int
    plans: Mapping[str, str]
    rebuilds: bool


class SparkProcess:
    """The process, for one project; it ends with the ``with`` block."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._running:
            self._running.end()
            self._running = None

    def run(self, pipeline: str, runtime: Runtime, observe: Observer) -> Succeeded | Failed:
        """Run one pipeline, and return how it ended.

        Raises:
            EngineError: Java 17 is missing, or the process has ended.
        """
        try:
            if self._running is None:
                self._running = _Running(self._places)
            request = Request(
                pipeline, runtime.run_id, runtime.preview_rows, runtime.plans, runtime.rebuilds
            )
            self._running.send(request)
            while True:
                answer = self._running.answer()
                if isinstance(answer, Succeeded | Failed):
                    return answer
                if isinstance(answer, BaseException):
                    raise answer
                if not isinstance(answer, Started):
                    observe(answer)
        except (EOFError, ConnectionError):
            self._end()
            raise EngineError(
                f"{pipeline}: Spark's process has ended",
                remedy="run it again; any output of the process is above",
            ) from None


class _Running:
    """A started process, and the connection to it."""

    def __init__(self, places: Places) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            environment = {k: v for k, v in os.environ.items() if k not in _CONNECT_VARIABLES}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "alur.runtime.spark_worker", str(number)],
                pass_fds=(number,),
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        self.send(places)

    def send(self, message: object) -> None:
        """Send a message."""
        self._connection.send(message)

    def answer(self) -> Any:
        """Wait for the next message."""
        return self._connection.recv()

    def end(self) -> None:
        """Let the process end: it does so once no more requests can come."""
        self._connection.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
