"""The engine ``sail``: a Spark Connect server within this process, which nobody else can reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from alur.errors import EngineError
from alur.runtime.engines.closed_port import close_port
from alur.runtime.engines.process_state import HeldVariables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession as ClassicSession

_FOREVER_SECONDS = 10 * 365 * 24 * 60 * 60

SAIL_SETTINGS = {
    # Sail forgets a session that has asked for nothing for a quarter of an hour, even one that waits for another run.
    # Each of ours has a server of its own, and goes with it.
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": f"{_FOREVER_SECONDS}",
    # The statistics of Parquet and Iceberg leave NaN out, and Sail takes a column whose least and greatest value are
    # the same for a constant, and skips files, row groups and pages whose other values a filter does not match.
    "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
    "SAIL_PARQUET__PRUNING": "false",
    "SAIL_PARQUET__ENABLE_PAGE_INDEX": "false",
}
"""The variables that a Sail server must start with."""

_LOCK = Lock()
"""One server starts at a time: each finds its own folder in a variable."""

# What makes PySpark's functions those of Spark Connect, and leads SparkSession.builder.getOrCreate() to the session.
_CONNECTED = HeldVariables({"SPARK_CONNECT_MODE_ENABLED": "1", "SPARK_REMOTE": "sc://127.0.0.1"})

_CONNECT_SECONDS = 30
_ATTEMPTS = 10
_CHANNEL_OPTIONS = [
    # Without a call for half an hour a channel would close its connection, and there is no way to another.
    ("grpc.client_idle_timeout_ms", 2**31 - 1),
    ("grpc.enable_http_proxy", 0),
]


@dataclass(frozen=True, slots=True)
class Sail:
    """The engine ``sail``."""

    casts_as_java: bool = False

    def open(self) -> AbstractContextManager[ClassicSession]:
        """Start it, and yield a session of it."""
        return _open()

    def another(
        self, session: ClassicSession, root: Path | None
    ) -> AbstractContextManager[ClassicSession]:
        """Yield another session of it."""
        return _another(session)


@contextmanager
def _open() -> Iterator[ClassicSession]:
    """Start a server in this process, and yield a session of it.

    Raises:
        EngineError: somebody else tries to use the server.
    """
    with TemporaryDirectory(prefix="alur-") as folder:
        server, builder = _start(Path(folder))
        try:
            with _CONNECTED, _session(builder) as session:
                yield session
        finally:
            builder.channel.close()
            server.stop()


@contextmanager
def _another(session: ClassicSession) -> Iterator[ClassicSession]:
    """Yield a session with settings, views and functions of its own on the same server.

    Its global views, which all sessions of a server share, go with it.
    """
    with _CONNECTED, _session(session.client._builder) as another:
        before = _global_views(another)
        try:
            yield another
        finally:
            for view in _global_views(another) - before:
                another.catalog.dropGlobalTempView(view)


def _asked_again(query: Callable[..., Any]) -> Callable[..., Any]:
    """Return a query that is made once more where its answer is lost.

    An answer that gRPC cannot decode, it drops without an error where the stream has ended by then, and PySpark finds
    that it has none. Queries change nothing, so they may be made again.
    """

    @wraps(query)
    def ask(plan: Any) -> Any:
        try:
            return query(plan)
        except AssertionError:
            return query(plan)

    return ask


def _global_views(session: Any) -> set[str]:
    from pyspark.sql.connect.plan import ListTables

    # As Arrow: pandas takes three times as long, and each pipeline asks twice.
    client = session.client
    views, _ = client.to_table(ListTables("global_temp").to_proto(client))
    return {view["tableName"] for view in views.to_pylist() if view["namespace"] == ["global_temp"]}


def _start(folder: Path) -> tuple[Any, Any]:
    """Return a server with a single connection, this process's own, and how sessions get that.

    Whoever else connects before the port is closed can do nothing: Sail makes no session as long as it cannot make its
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
        remedy="find whose it is: whoever reaches the engine runs code as you",
    )


def _listening(temporary: Path) -> Any:
    from pysail.spark import SparkConnectServer

    settings = {
        **SAIL_SETTINGS,
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps([str(temporary)]),
        # Sail logs to standard error, where it would tear the progress display.
        "RUST_LOG": "off",
    }
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
    """A channel as a session sees it, which closes it at its end: others still use it."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def close(self) -> None:
        """Leave the channel open."""


@contextmanager
def _session(builder: Any) -> Iterator[ClassicSession]:
    """Yield a new session, which is PySpark's current one meanwhile."""
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession(builder)
    # An engine in this very process is never lost on the way. What PySpark 3.5 would do against that, it does on threads
    # that all sessions of a process share: one session's end, or its collection, takes them away from the others.
    session.client.disable_reattachable_execute()
    # Nor does it come back where it is lost; PySpark would wait for that for ten minutes.
    session.client._retry_policy["max_retries"] = 0
    for name in ("to_table", "to_pandas"):
        setattr(session.client, name, _asked_again(getattr(session.client, name)))
    active = SparkSession._active_session
    before = SparkSession._default_session, SparkSession.getActiveSession()
    SparkSession._default_session = active.session = session
    try:
        # To users the same as PySpark's classic session, which it does not inherit from.
        yield cast("ClassicSession", session)
    finally:
        session.stop()
        default, previous = (s if s and not s.is_stopped else None for s in before)
        if SparkSession._default_session is None:
            SparkSession._default_session = default
        if SparkSession.getActiveSession() is None:
            active.session = previous
