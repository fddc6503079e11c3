"""The emulated AWS on a port of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Connection(MotoRequestHandler):
    """A client's connection. By this version of HTTP, an answer of unknown length says where it ends."""

    protocol_version = "HTTP/1.1"


def http_server(app: WSGIApplication, port: int = 0) -> BaseWSGIServer:
    """Listens on 127.0.0.1 alone; it answers once ``serve_forever`` is called.

    Args:
        port: 0 for any that is free.
    """
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_Connection)
