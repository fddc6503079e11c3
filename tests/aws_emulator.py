"""moto's server with the sandbox's additions, except job runs: jobs end as in plain moto."""

from __future__ import annotations

from threading import Thread

from werkzeug.serving import BaseWSGIServer

from alur.sandbox.server.api.http_server import http_server
from alur.sandbox.server.services.moto_app import moto_app


def start() -> BaseWSGIServer:
    """Start the server on a free port of 127.0.0.1; ``shutdown`` ends it."""
    server = http_server(moto_app())
    Thread(target=server.serve_forever, daemon=True).start()
    return server
