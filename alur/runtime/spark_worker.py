"""A process running pipelines on Spark's JVM, at the request of another process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from alur.errors import AlurError, EngineError
from alur.project.project import Project
from alur.runtime.engines.engine import open_session
from alur.runtime.engines.errors import reason
from alur.runtime.graph_run import run_graph
from alur.runtime.places import Places
from alur.runtime.spark_process import Request

_Requests = Any
"""A connection; its type parameter cannot describe the messages."""


def main() -> None:
    """Answer requests until the connection ends; the argument is the connection's descriptor."""
    sys.dont_write_bytecode = True
    with Connection(int(sys.argv[1])) as connection:
        try:
            _serve(connection)
        except AlurError as error:
            _send(connection, error)
        except KeyboardInterrupt:
            # The parent process receives it, too.
            return


def _serve(connection: _Requests) -> None:
    places: Places = connection.recv()
    with open_session("spark") as session:
        project = Project.load(places.root)
        runtime = places.runtime(session, project)
        for request in _requests(connection):
            own = replace(
                runtime,
                run_id=request.run_id,
                preview_rows=request.preview_rows,
                plans=request.plans,
                rebuilds=request.rebuilds,
            )
            for _ in run_graph(project, [request.pipeline], own, lambda e: _send(connection, e)):
                pass


def _requests(connection: _Requests) -> Iterator[Request]:
    """Yield requests as they come; if the other side is gone, end the run before it commits."""
    waiting: SimpleQueue[Request | None] = SimpleQueue()
    idle = Event()
    idle.set()

    def listen() -> None:
        try:
            while True:
                waiting.put(connection.recv())
        except (EOFError, OSError):
            if not idle.is_set():
                # Only this ends a call into the JVM; the JVM ends with this process.
                os.kill(os.getpid(), signal.SIGKILL)
            waiting.put(None)

    Thread(target=listen, daemon=True).start()
    while request := waiting.get():
        idle.clear()
        yield request
        idle.set()


def _send(connection: _Requests, message: object) -> None:
    try:
        connection.send(message)
    except (TypeError, AttributeError) as error:
        # An error may hold objects that cannot be pickled.
        connection.send(EngineError(f"Spark's process cannot answer: {reason(error)}"))


if __name__ == "__main__":
    main()
