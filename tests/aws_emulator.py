"""moto's server with what the sandbox adds to it, but for running anything: jobs end as moto makes them end."""

from __future__ import annotations

from moto.server import ThreadedMotoServer

from alur.sandbox import emulated_glue, emulated_logs, emulated_s3


def start() -> ThreadedMotoServer:
    """The server on a free port of 127.0.0.1."""
    for emulated in (emulated_glue, emulated_logs, emulated_s3):
        emulated.extend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server
