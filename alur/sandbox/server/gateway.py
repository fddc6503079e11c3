"""The only entry to the emulated AWS: admits the sandbox's user, and job runs as far as their roles allow."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alur.sandbox.protocol import DELIVERIES, NOTIFY
from alur.sandbox.server.api.service_errors import access_denied
from alur.sandbox.server.api.wsgi import credential
from alur.sandbox.server.iam.api_calls import calls_of, listing_for_missing_key
from alur.sandbox.server.workflows.workflow_runs import (
    NoStartTrigger,
    UnknownWorkflow,
    WorkflowRuns,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from alur.sandbox.server.events.job_events import JobEvents
    from alur.sandbox.server.iam.run_roles import RunRoles


class Gateway:
    """A gateway to the emulated AWS, which admits requests by their access key.

    It also receives events for workflows, and reports the deliveries of job runs' events. The server runs submitted
    code, so the key keeps out other users of the machine, and web pages in this user's browser. The address is local
    to this machine, so nobody can intercept a key and repeat it.

    Args:
        aws: the application for all other requests.
        access_key: the user's.
        roles: the keys of job runs.
        events: the events of job runs.
        place: region and account.
    """

    def __init__(
        self,
        aws: WSGIApplication,
        access_key: str,
        workflows: WorkflowRuns,
        roles: RunRoles,
        events: JobEvents,
        place: tuple[str, str],
    ) -> None:
        self._aws = aws
        self._access_key = access_key
        self._workflows = workflows
        self._roles = roles
        self._events = events
        self._place = place

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key, service = credential(environ)
        if hmac.compare_digest(key.encode(), self._access_key.encode()):
            if environ["PATH_INFO"] == NOTIFY:
                return self._notify(environ, start_response)
            if environ["PATH_INFO"] == DELIVERIES:
                deliveries = [asdict(one) for one in list(self._events.deliveries)]
                return _answer(start_response, "200 OK", deliveries)
            return self._aws(environ, start_response)
        if self._roles.knows(key):
            return self._answer_run(environ, start_response, key, service)
        return _answer(start_response, "403 Forbidden", {"error": "not this sandbox's key"})

    def _answer_run(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: str, service: str
    ) -> Iterable[bytes]:
        """Answer a job run's request if the run's role allows it.

        A role without permission to list a bucket cannot learn which keys are missing: S3 denies access to them.
        """
        refusal = self._roles.refusal(key, calls_of(environ, service, *self._place))
        listing = listing_for_missing_key(environ, service)
        if (
            refusal is None
            and listing
            and not self._roles.may(key, listing)
            and self._is_missing(environ)
        ):
            refusal = self._roles.refusal(key, [listing])
        if refusal is None:
            return self._aws(environ, start_response)
        return access_denied(service, refusal).answer(environ, start_response)

    def _is_missing(self, environ: WSGIEnvironment) -> bool:
        """Return whether a request reads a missing object of an existing bucket."""
        # HEAD fetches no content; only GET reports the reason.
        if not _status(self._aws, environ, "HEAD")[0].startswith("404"):
            return False
        return b"<Code>NoSuchKey</Code>" in _status(self._aws, environ, "GET")[1]

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
    start_response: Callable[[str, list[tuple[str, str]]], Any], status: str, body: Any
) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _status(app: WSGIApplication, environ: WSGIEnvironment, method: str) -> tuple[str, bytes]:
    """Send a request by another method, and return the status and the body of the response."""
    begun: list[str] = []

    def begin(status: str, *_: object) -> Any:
        begun.append(status)

    answer = app({**environ, "REQUEST_METHOD": method}, begin)
    try:
        return begun[-1], b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
