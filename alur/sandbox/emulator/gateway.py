"""The one door to the emulated AWS: the sandbox's own user comes in, and job runs as far as their roles let them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from alur.sandbox.emulator.api_calls import calls_of, credential
from alur.sandbox.emulator.workflow_runs import NoStartTrigger, UnknownWorkflow, WorkflowRuns
from alur.sandbox.state import NOTIFY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from alur.sandbox.emulator.run_roles import RunRoles


class Gateway:
    """Lets requests through by the access key that they are signed with, and takes events for workflows.

    The server runs code that it is given, so the key keeps other users of the machine out, and web pages in this user's
    browser. As the address is this machine's own, nobody can listen and repeat a key.

    Args:
        aws: what answers all other requests.
        access_key: the user's.
        roles: the keys of job runs.
        place: region and account.
    """

    def __init__(
        self,
        aws: WSGIApplication,
        access_key: str,
        workflows: WorkflowRuns,
        roles: RunRoles,
        place: tuple[str, str],
    ) -> None:
        self._aws = aws
        self._access_key = access_key
        self._workflows = workflows
        self._roles = roles
        self._place = place

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request."""
        key, service = credential(environ)
        if hmac.compare_digest(key.encode(), self._access_key.encode()):
            if environ["PATH_INFO"] == NOTIFY:
                return self._notify(environ, start_response)
            return self._aws(environ, start_response)
        if self._roles.knows(key):
            refusal = self._roles.refusal(key, calls_of(environ, service, *self._place))
            if refusal is None:
                return self._aws(environ, start_response)
            return _deny(start_response, service, refusal)
        return _answer(start_response, "403 Forbidden", {"error": "not this sandbox's key"})

    def _notify(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        try:
            run = self._workflows.notify(request["workflow"], request["event"])
        except UnknownWorkflow as error:
            return _answer(start_response, "404 Not Found", {"error": f"no workflow {error}"})
        except NoStartTrigger as error:
            message = f"no trigger of the workflow {error} waits for events"
            return _answer(start_response, "400 Bad Request", {"error": message})
        return _answer(start_response, "200 OK", {"run": run.id})


def _answer(
    start_response: Callable[[str, list[tuple[str, str]]], Any], status: str, body: dict[str, str]
) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _deny(
    start_response: Callable[[str, list[tuple[str, str]]], Any], service: str, message: str
) -> list[bytes]:
    """A refusal in the form of the service."""
    if service == "s3":
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        text = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        return [text.encode()]
    body = {"__type": "AccessDeniedException", "message": message, "Message": message}
    return _answer(start_response, "400 Bad Request", body)
