"""The engine ``sail``: a Spark Connect server within this process, unreachable for others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from alur.errors import EngineError
from alur.runtime.engines.closed_port import close_port
from alur.runtime.engines.huge_pages import refuse_huge_pages
from alur.runtime.engines.process_folder import process_folder
from alur.runtime.engines.process_state import HeldVariables
from alur.runtime.engines.version_module import only_versions_of_distutils

if TYPE_CHECKING:
    from pyspark.sql import SparkSession as ClassicSession

_FOREVER_SECONDS = 10 * 365 * 24 * 60 * 60

SAIL_SETTINGS = {
    # Sail drops a session after a quarter of an hour without a request, even one that waits for another run.
    # Each session of Alur has its own server, and ends with it.
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": f"{_FOREVER_SECONDS}",
    # The statistics of Parquet and Iceberg leave NaN out. Sail treats a column with equal minimum and maximum as a
    # constant, and skips files, row groups and pages by a filter on their other values.
    "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
    "SAIL_PARQUET__PRUNING": "false",
    "SAIL_PARQUET__ENABLE_PAGE_INDEX": "false",
}
"""Environment variables for the start of a Sail server."""

_LOCK = Lock()
"""Servers start one at a time: each reads its own folder from a variable."""

# Selects Spark Connect's functions in PySpark, and makes SparkSession.builder.getOrCreate() return the session.
_CONNECTED = HeldVariables({"SPARK_CONNECT_MODE_ENABLED": "1", "SPARK_REMOTE": "sc://127.0.0.1"})

_CONNECT_SECONDS = 30
_ATTEMPTS = 10
_CHANNEL_OPTIONS = [
    # An idle channel would close its connection after half an hour, and no new one can be made.
    ("grpc.client_idle_timeout_ms", 2**31 - 1),
    ("grpc.enable_http_proxy", 0),
]


@dataclass(frozen=True, slots=True)
class Sail:
    """The engine ``sail``."""

    casts_as_java: bool = False
    has_one_nan: bool = False

    def open(self) -> AbstractContextManager[ClassicSession]:
        """Start the engine, and yield a session."""
        return _open()

    def another(
        self, session: ClassicSession, root: Path | None
    ) -> AbstractContextManager[ClassicSession]:
        """Yield another session of the engine."""
        return _another(session)


@contextmanager
def _open() -> Iterator[ClassicSession]:
    """Start a server in this process, and yield a session.

    Raises:
        EngineError: another process keeps connecting to the server.
    """
    _import_client()
    with TemporaryDirectory(dir=process_folder()) as folder:
        server, builder = _start(Path(folder))
        try:
            with _CONNECTED, _session(builder) as session:
                yield session
        finally:
            builder.channel.close()
            server.stop()


def _import_client() -> None:
    """Import what sessions of Spark Connect use, at the least cost."""
    with only_versions_of_distutils():
        for name in ("session", "catalog", "functions", "udf", "udtf", "window"):
            import_module(f"pyspark.sql.connect.{name}")


@contextmanager
def _another(session: ClassicSession) -> Iterator[ClassicSession]:
    """Yield a session with its own settings, views and functions on the same server.

    At the end, drop its global views, which all sessions of a server share.
    """
    with _CONNECTED, _session(session.client._builder) as another:
        before = _global_views(another)
        try:
            yield another
        finally:
            for view in _global_views(another) - before:
                another.catalog.dropGlobalTempView(view)


def _retried_once(query: Callable[..., Any]) -> Callable[..., Any]:
    """Return a query that runs a second time if its answer is lost.

    If a stream has already ended, gRPC silently drops an answer that it cannot decode, and PySpark finds no answer.
    Queries change nothing, so they may run again.
    """

    @wraps(query)
    def query_twice(plan: Any) -> Any:
        try:
            return query(plan)
        except AssertionError:
            return query(plan)

    return query_twice


def _global_views(session: Any) -> set[str]:
    from pyspark.sql.connect.plan import ListTables

    # As Arrow: pandas takes three times as long, and each pipeline asks twice.
    client = session.client
    views, _ = client.to_table(ListTables("global_temp").to_proto(client))
    return {view["tableName"] for view in views.to_pylist() if view["namespace"] == ["global_temp"]}


def _start(folder: Path) -> tuple[Any, Any]:
    """Return a server with a single connection, this process's own, and the builder for its sessions.

    Others who connect before the port is closed can do nothing: Sail creates no session until it can create its
    temporary folder.
    """
    import grpc

    for attempt in range(_ATTEMPTS):
        temporary = folder / str(attempt) / "temporary"
        server = _listening(temporary)
        port = server.listening_address[1]
        builder = _builder(port)
        grpc.channel_ready_future(builder.channel).result(_CONNECT_SECONDS)
        if close_port(port):
            temporary.parent.mkdir()
            return server, builder
        builder.channel.close()
        server.stop()
    raise EngineError(
        "another process on this machine connects to the engine whenever it starts",
        remedy="find out whose it is: a process that reaches the engine can run code as you",
    )


def _listening(temporary: Path) -> Any:
    from pysail.spark import SparkConnectServer

    settings = {
        **SAIL_SETTINGS,
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps([str(temporary)]),
        # Sail logs to standard error, which would garble the progress display.
        "RUST_LOG": "off",
    }
    refuse_huge_pages()
    with _LOCK, HeldVariables(settings):
        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
    return server


def _builder(port: int) -> Any:
    from pyspark.sql.connect.client import ChannelBuilder

    class OneConnection(ChannelBuilder):
        """Gives all sessions the server's only connection."""

        def __init__(self) -> None:
            super().__init__(f"sc://127.0.0.1:{port}", _CHANNEL_OPTIONS)
            self.channel = super().toChannel()

        def toChannel(self) -> Any:  # noqa: N802 - PySpark's name
            return _Unclosed(self.channel)

    return OneConnection()


class _Unclosed:
    """A channel that survives its session: others still use it when the session closes it."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def close(self) -> None:
        """Leave the channel open."""


@contextmanager
def _session(builder: Any) -> Iterator[ClassicSession]:
    """Yield a new session, and make it PySpark's current one meanwhile."""
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession(builder)
    # The connection to an engine in this process cannot break. PySpark 3.5 would guard against that on threads shared by
    # all sessions of a process; the end or the collection of one session would take them away from the others.
    session.client.disable_reattachable_execute()
    # A lost engine does not come back either; PySpark would wait ten minutes for it.
    session.client._retry_policy["max_retries"] = 0
    # PySpark 3.5 spells out each plan for a log that nobody reads.
    setattr(session.client, "_proto_to_string", lambda plan: type(plan).__name__)  # noqa: B010 - a method, to mypy
    for name in ("to_table", "to_pandas"):
        setattr(session.client, name, _retried_once(getattr(session.client, name)))
    active = SparkSession._active_session
    before = SparkSession._default_session, SparkSession.getActiveSession()
    SparkSession._default_session = active.session = session
    try:
        # Users see the interface of PySpark's classic session, from which it does not inherit.
        yield cast("ClassicSession", session)
    finally:
        session.stop()
        default, previous = (s if s and not s.is_stopped else None for s in before)
        if SparkSession._default_session is None:
            SparkSession._default_session = default
        if SparkSession.getActiveSession() is None:
            active.session = previous
