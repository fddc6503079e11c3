"""Only the process itself reaches the engine, although every user of the machine can reach its port."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from alur.errors import EngineError
from alur.runtime.engines import sail
from alur.runtime.engines.closed_port import close_port
from alur.runtime.engines.engine import another_session, open_session

_AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

_INTRUDER = """
import os, sys, time
os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
import grpc
from pyspark.sql import functions as F
from pyspark.sql.connect.client import ChannelBuilder
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.types import StringType
import pyspark.sql.connect.proto.base_pb2_grpc as rpc

prize = sys.argv[1]

@F.udf(StringType())
def steal(x):
    with open(prize, "w") as file:
        file.write(str(os.getuid()))
    return prize

session = SparkSession(ChannelBuilder("sc://127.0.0.1:1"))
request = session.client._execute_plan_request_with_metadata()
request.plan.CopyFrom(session.range(1).select(steal("id"))._plan.to_proto(session.client))
print("ready", flush=True)
for line in sys.stdin:
    with grpc.insecure_channel(f"127.0.0.1:{int(line)}") as channel:
        try:
            list(rpc.SparkConnectServiceStub(channel).ExecutePlan(request, timeout=30))
            print("in", flush=True)
        except grpc.RpcError as error:
            print(error.code().name, error.details(), flush=True)
"""


class Intruder:
    """Another user's process, ready to run a function in any engine within its reach."""

    def __init__(self, prize: Path) -> None:
        self.prize = prize
        self._process = subprocess.Popen(
            [*_AS_NOBODY, sys.executable, "-c", _INTRUDER, prize],
            cwd="/",
            env={"PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def __enter__(self) -> "Intruder":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def begin(self, port: int) -> None:
        """Begin an attempt."""
        assert self._process.stdin
        self._process.stdin.write(f"{port}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Return the outcome of the attempt."""
        assert self._process.stdout
        return self._process.stdout.readline()


as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may act as another user")


@pytest.fixture
def intruder():
    # Outside pytest's own folder, which other users may not enter.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        with Intruder(Path(folder) / "prize") as started:
            yield started


def _port(session) -> int:
    return session.client._builder.port


@as_root
def test_another_user_is_refused_while_the_engine_is_open(intruder):
    with open_session("sail") as session:
        intruder.begin(_port(session))
        assert "UNAVAILABLE" in intruder.answer()
        assert session.range(3).count() == 3
    assert not intruder.prize.exists()


@as_root
def test_who_comes_before_the_port_is_closed_does_nothing_and_is_cut_off(intruder, monkeypatch):
    """The intruder has unlimited time between the server's start and the port's end."""
    answers = []

    def close_late(port: int) -> bool:
        intruder.begin(port)
        answers.append(intruder.answer())
        return close_port(port)

    monkeypatch.setattr(sail, "close_port", close_late)
    with open_session("sail") as session:
        assert session.range(3).count() == 3
    assert answers
    assert [a for a in answers if "No such file or directory (os error 2)" not in a] == []
    assert not intruder.prize.exists()


def test_a_connection_that_is_not_ours_is_cut_off_and_the_engine_starts_afresh(monkeypatch):
    stranger = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(1, flush=True); print(len(s.recv(9) and s.recv(1 << 20)), flush=True); sys.exit(0 if not s.recv(1) else 1)"
    ports, strangers = [], []

    def close_with_stranger(port: int) -> bool:
        ports.append(port)
        if len(ports) < 3:
            process = subprocess.Popen(
                [sys.executable, "-c", stranger, str(port)], stdout=subprocess.PIPE
            )
            assert process.stdout.read(1) == b"1"
            strangers.append(process)
            _until_accepted(port, 2)
        return close_port(port)

    monkeypatch.setattr(sail, "close_port", close_with_stranger)
    with open_session("sail") as session:
        assert _port(session) == ports[2]
        assert len(set(ports)) == 3
        assert session.range(3).count() == 3
        for process in strangers:
            process.communicate(timeout=30)


def _until_accepted(port: int, count: int) -> None:
    from alur.runtime.engines.closed_port import _sockets

    due = time.monotonic() + 30
    while sum(s.name[1] == port and s.peer is not None for s in _sockets()) < count:
        assert time.monotonic() < due


def test_somebody_who_never_gives_up_stops_the_run_with_a_reason(monkeypatch):
    monkeypatch.setattr(sail, "close_port", lambda port: not close_port(port))
    with (
        pytest.raises(EngineError, match="another process on this machine"),
        open_session("sail"),
    ):
        pass


def test_an_idle_engine_takes_no_time_and_a_busy_one_works_on(monkeypatch):
    with open_session("sail") as session:
        assert session.range(1).count() == 1
        began = time.process_time()
        time.sleep(1)
        assert time.process_time() - began < 0.3
        for _ in range(50):
            with another_session(session) as another:
                assert another.range(10).count() == 10
        large = session.range(300_000).selectExpr("id", "repeat('x', 100) AS text").toPandas()
        assert (len(large), large.text.str.len().sum()) == (300_000, 30_000_000)
