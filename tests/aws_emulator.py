"""moto's server with what the sandbox adds to it, but for running anything: jobs end as moto makes them end."""

from __future__ import annotations

from threading import Thread

from werkzeug.serving import BaseWSGIServer

from alur.sandbox.emulator.http_server import http_server
from alur.sandbox.emulator.moto_app import moto_app


def start() -> BaseWSGIServer:
    """The server on a free port of 127.0.0.1; ``shutdown`` ends it."""
    server = http_server(moto_app())
    Thread(target=server.serve_forever, daemon=True).start()
    return server
