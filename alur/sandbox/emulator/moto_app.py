"""moto as one application, with what it lacks of the services that a deployment uses."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from alur.sandbox.emulator import moto_glue, moto_logs, moto_s3

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def moto_app() -> WSGIApplication:
    """All of AWS's services, for as long as this process lives.

    They answer one request at a time: moto's state is made for one thread, and at times it answers two with each other's.
    """
    for service in (moto_glue, moto_logs, moto_s3):
        service.extend()
    services = DomainDispatcherApplication(create_backend_app)
    turn = Lock()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with turn:
            found: Iterable[bytes] = services(environ, start_response)
            return found

    return answer
