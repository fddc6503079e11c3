"""``alur dev``: Dagster's web UI for this project."""

from __future__ import annotations

import errno
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from alur.cli.completion import clones
from alur.cli.terminal import echo
from alur.project.settings import LOCAL

_LOCK_FILE = "web-ui.lock"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 65535),
    metavar="P",
    help="The port to listen on.",
)
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    shell_complete=clones,
    help="An environment that alur new-env has made, instead of local.",
)
def command(host: str, port: int, environment: str | None) -> None:
    """Open Dagster's web UI: lineage, checks, schedules and materializations of this project."""
    from alur.errors import AlurError
    from alur.project.locating import find_root

    root = find_root(Path.cwd())
    if find_spec("dagster") is None or find_spec("dagster_webserver") is None:
        raise AlurError("Dagster is not installed", remedy='pip install "alur[dagster]"')
    from alur_dagster.instance import ENVIRONMENT_VARIABLE, prepare_home

    home = prepare_home(root, _folder_of(root, environment))
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    _hold(home, address)
    _require_free(host, port)
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ[ENVIRONMENT_VARIABLE] = environment or LOCAL
    os.chdir(root)
    echo(f"Dagster's web UI: {address} (Ctrl-C ends it)")
    sys.stdout.flush()
    program = [sys.executable, "-m", "alur_dagster.web_ui"]
    arguments = ["dev", "-m", "alur_dagster.definitions", "-h", host, "-p", str(port)]
    os.execv(sys.executable, [*program, *arguments])  # noqa: S606


def _folder_of(root: Path, environment: str | None) -> Path | None:
    """Return the folder of an environment that ``alur new-env`` made; None for ``local``.

    Raises:
        AlurError: there is no such environment on this machine.
    """
    from alur.errors import AlurError
    from alur.project.clones import clones_of
    from alur.project.suggestions import did_you_mean

    if environment in (None, LOCAL):
        return None
    found = {name: clone for name, clone in clones_of(root).items() if clone.base == LOCAL}
    if environment not in found:
        raise AlurError(
            f"{environment!r} is not an environment on this machine",
            remedy=did_you_mean(environment, [LOCAL, *found], "environments"),
        )
    return found[environment].folder


def _hold(home: Path, address: str) -> None:
    """Lock the instance for the life of this process, across ``exec``.

    Raises:
        AlurError: another ``alur dev`` holds the lock; two daemons would start each schedule twice.
    """
    import fcntl

    from alur.errors import AlurError

    handle = os.open(home / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(handle, 1000).decode(errors="replace")
        raise AlurError(
            f"Dagster already runs for this project: {other}",
            remedy="open that address, or end it with Ctrl-C where it runs",
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{address} (process {os.getpid()})".encode())
    os.set_inheritable(handle, True)


def _require_free(host: str, port: int) -> None:
    """Check whether the web UI can listen there; otherwise Dagster would print an error and run without it.

    Raises:
        AlurError: the port is taken, or the address does not belong to this machine.
    """
    from alur.errors import AlurError

    error = _refusal(host, port)
    if error is None:
        return
    if error.errno != errno.EADDRINUSE:
        raise AlurError(
            f"Dagster's web UI cannot listen on port {port} of {host}: {error.strerror}",
            remedy="choose another with --host or --port",
        )
    others = range(port + 1, min(port + 100, 65536))
    free = next((other for other in others if _refusal(host, other) is None), None)
    raise AlurError(
        f"port {port} of {host} is taken by another program",
        remedy=f"end that program, or choose another port: alur dev --port {free or 'N'}",
    )


def _refusal(host: str, port: int) -> OSError | None:
    """Return the error raised by listening there, or None."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # The server does the same: a port that a program has just released is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None
