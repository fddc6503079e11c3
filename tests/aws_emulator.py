"""moto's server with what the sandbox adds to it, but for running anything: jobs end as moto makes them end."""

from __future__ import annotations

from moto.server import ThreadedMotoServer

from alur.sandbox.emulator import moto_glue, moto_logs, moto_s3


def start() -> ThreadedMotoServer:
    """The server on a free port of 127.0.0.1."""
    for service in (moto_glue, moto_logs, moto_s3):
        service.extend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server
