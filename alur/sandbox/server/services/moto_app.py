"""Moto as one application, with extensions for the services of a deployment."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from alur.sandbox.server.api.request_models import request_error
from alur.sandbox.server.api.wsgi import credential
from alur.sandbox.server.services import moto_glue, moto_logs, moto_s3

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def moto_app() -> WSGIApplication:
    """Return an application with all of AWS's services, and patch moto for the life of this process.

    It refuses requests that violate AWS's models. It answers all others one at a time: moto's state is made for one
    thread, and concurrent requests can receive each other's responses.
    """
    for service in (moto_glue, moto_logs, moto_s3):
        service.extend()
    services = DomainDispatcherApplication(create_backend_app)
    turn = Lock()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, service = credential(environ)
        error = request_error(environ, service)
        if error:
            return error.answer(environ, start_response)
        with turn:
            response: Iterable[bytes] = services(environ, start_response)
            return response

    return answer
