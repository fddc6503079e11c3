"""The one door to the emulated AWS: nobody but the sandbox's own user comes in."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from alur.sandbox.workflow_runs import NoStartTrigger, UnknownWorkflow, WorkflowRuns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOTIFY = "/_alur/notify-event"
"""Where the event of a rule is brought to a workflow: in AWS, too, no service but EventBridge can do that."""


class Gateway:
    """Lets requests through that are signed with the sandbox's access key, and takes events for workflows.

    The server runs code that it is given, so the key keeps other users of the machine out, and web pages in this user's
    browser.

    Args:
        aws: what answers all other requests.
    """

    def __init__(self, aws: WSGIApplication, access_key: str, workflows: WorkflowRuns) -> None:
        self._aws = aws
        self._access_key = access_key
        self._workflows = workflows

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request."""
        if not self._knows(environ):
            return _answer(start_response, "403 Forbidden", {"error": "not this sandbox's key"})
        if environ["PATH_INFO"] == NOTIFY:
            return self._notify(environ, start_response)
        return self._aws(environ, start_response)

    def _knows(self, environ: WSGIEnvironment) -> bool:
        """By the key in the signature; as the address is this machine's own, nobody could listen and repeat it."""
        found = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition("/")[0]
        if not found:
            query = parse_qs(environ.get("QUERY_STRING", ""))
            found = query.get("X-Amz-Credential", [""])[0].partition("/")[0]
        return hmac.compare_digest(found.encode(), self._access_key.encode())

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
