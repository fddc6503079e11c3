"""Closes a listening port of this process once its one client, this process itself, is connected.

Whoever reaches the port of Spark Connect runs code as the user who started it, and nothing asks for a password. On
127.0.0.1 that is everybody who has an account on the machine.
"""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISSOCK
from typing import Any

from alur.errors import EngineError

_OPEN_FILES = "/dev/fd"
"""Where Linux and macOS list the descriptors of the process that looks."""


@dataclass(frozen=True, slots=True)
class _Socket:
    """A TCP socket of this process; ``peer`` is None for one that is not connected."""

    descriptor: int
    name: tuple[str, int]
    peer: tuple[str, int] | None
    listens: bool


def close_port(port: int) -> bool:
    """Stop listening on a port of this process; connections that are open stay.

    Returns:
        Whether all of them are this process's own. Others have been cut off.

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
    strangers = _strangers(port)
    for descriptor in strangers:
        _cut_off(descriptor)
    return not strangers


def _replace(descriptor: int) -> None:
    """Replace a socket that listens by one that nobody can connect to.

    Its owner goes on to wait for connections, and closes it at the end. Shut down or closed under its feet, it would
    report an error for ever.
    """
    with (
        tempfile.TemporaryDirectory() as private,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unreachable,
    ):
        unreachable.bind(str(Path(private) / "s"))
        unreachable.listen(1)
        unreachable.setblocking(False)
        os.dup2(unreachable.fileno(), descriptor, inheritable=False)


def _wait_until_refused(port: int) -> None:
    """Wait for the end of a call that accepts a connection just now: until then the socket lives on."""
    while True:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                return


def _strangers(port: int) -> list[int]:
    """Return the connections to a port whose other end is not in this process."""
    sockets = list(_sockets())
    ours = {s.name for s in sockets if s.peer and s.peer[1] == port}
    return [s.descriptor for s in sockets if s.name[1] == port and s.peer and s.peer not in ours]


def _cut_off(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as stranger:
        stranger.shutdown(socket.SHUT_RDWR)


def _sockets() -> Iterator[_Socket]:
    for number in map(int, os.listdir(_OPEN_FILES)):
        # Other threads close theirs meanwhile, and the listing's own is closed by now.
        with suppress(OSError):
            if S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as found:
                    yield from _described(number, found)


def _described(number: int, found: socket.socket) -> Iterator[_Socket]:
    if found.family in (socket.AF_INET, socket.AF_INET6):
        listens = bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        yield _Socket(number, _plain(found.getsockname()), _peer(found), listens)


def _peer(connected: socket.socket) -> tuple[str, int] | None:
    try:
        return _plain(connected.getpeername())
    except OSError:
        return None


def _plain(address: Any) -> tuple[str, int]:
    """Return an address; that of a client which speaks IPv4 through a socket of IPv6 as IPv4's."""
    host, port, *_ = address
    return host.removeprefix("::ffff:"), port
