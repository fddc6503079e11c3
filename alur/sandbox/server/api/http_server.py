"""Serves the emulated AWS on a port of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Connection(MotoRequestHandler):
    """A client's connection; HTTP/1.1 marks the end of a response of unknown length."""

    protocol_version = "HTTP/1.1"


def http_server(app: WSGIApplication, port: int = 0) -> BaseWSGIServer:
    """Return a server on 127.0.0.1 alone, which answers once ``serve_forever`` is called.

    Args:
        port: 0 for any free port.
    """
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_Connection)
