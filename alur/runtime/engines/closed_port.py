"""Closes a listening port of this process once its one client, this process itself, is connected.

Anyone who reaches the port of Spark Connect can run code as its user, without a password. On 127.0.0.1, everyone with
an account on the machine reaches it.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISSOCK
from tempfile import TemporaryDirectory
from typing import Any

from alur.errors import EngineError
from alur.runtime.engines.process_folder import process_folder

_OPEN_FILES = "/dev/fd"
"""Where Linux and macOS list a process's own descriptors."""


@dataclass(frozen=True, slots=True)
class _Socket:
    """A TCP socket of this process; ``peer`` is None if it is not connected."""

    descriptor: int
    name: tuple[str, int]
    peer: tuple[str, int] | None
    listens: bool


def close_port(port: int) -> bool:
    """Stop listening on a port of this process; open connections stay.

    Returns:
        Whether all of them are this process's own. Others are cut off.

    Raises:
        EngineError: this process does not listen on that port.
    """
    listening = [s.descriptor for s in _sockets() if s.listens and s.name[1] == port]
    if not listening:
        raise EngineError(
            f"the engine's port {port} cannot be closed to others",
            remedy='use engine = "spark", which has no open port without a password',
        )
    for descriptor in listening:
        _replace(descriptor)
    _wait_until_refused(port)
    foreign = _foreign_connections(port)
    for descriptor in foreign:
        _disconnect(descriptor)
    return not foreign


def _replace(descriptor: int) -> None:
    """Replace a listening socket by an unreachable one.

    Its owner keeps waiting for connections, and closes it at the end. If the socket were shut down or closed instead,
    the owner would report errors forever.
    """
    with (
        TemporaryDirectory(dir=process_folder()) as private,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unreachable,
    ):
        unreachable.bind(str(Path(private) / "s"))
        unreachable.listen(1)
        unreachable.setblocking(False)
        os.dup2(unreachable.fileno(), descriptor, inheritable=False)


def _wait_until_refused(port: int) -> None:
    """Wait until a pending call to accept a connection ends: it keeps the old socket open."""
    while True:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                return


def _foreign_connections(port: int) -> list[int]:
    """Return the connections to a port from other processes."""
    sockets = list(_sockets())
    ours = {s.name for s in sockets if s.peer and s.peer[1] == port}
    return [s.descriptor for s in sockets if s.name[1] == port and s.peer and s.peer not in ours]


def _disconnect(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _sockets() -> Iterator[_Socket]:
    for number in map(int, os.listdir(_OPEN_FILES)):
        # Other threads may have closed theirs, and the listing's own is closed by now.
        with suppress(OSError):
            if S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as sock:
                    yield from _described(number, sock)


def _described(number: int, sock: socket.socket) -> Iterator[_Socket]:
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        listens = bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        yield _Socket(number, _plain(sock.getsockname()), _peer(sock), listens)


def _peer(connected: socket.socket) -> tuple[str, int] | None:
    try:
        return _plain(connected.getpeername())
    except OSError:
        return None


def _plain(address: Any) -> tuple[str, int]:
    """Return an address; convert an IPv4 address in IPv6 notation to plain IPv4."""
    host, port, *_ = address
    return host.removeprefix("::ffff:"), port
