"""The one door to the emulated AWS: the sandbox's own user comes in, and job runs as far as their roles let them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from alur.sandbox.emulator.api_calls import calls_of, credential, listing_for_missing_key
from alur.sandbox.emulator.service_errors import access_denied
from alur.sandbox.emulator.workflow_runs import NoStartTrigger, UnknownWorkflow, WorkflowRuns
from alur.sandbox.state import DELIVERIES, NOTIFY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from alur.sandbox.emulator.job_events import JobEvents
    from alur.sandbox.emulator.run_roles import RunRoles


class Gateway:
    """Lets requests through by the access key that they are signed with.

    It takes events for workflows, too, and reports what became of those of job runs. The server runs code that it is
    given, so the key keeps other users of the machine out, and web pages in this user's browser. As the address is this
    machine's own, nobody can listen and repeat a key.

    Args:
        aws: what answers all other requests.
        access_key: the user's.
        roles: the keys of job runs.
        events: what became of those of job runs.
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
        """Answers a request."""
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
        """Answer what a job run's role allows, and no more.

        Who may not list a bucket does not learn which keys are missing: S3 refuses them as if they were forbidden.
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
        """Whether the object that a request reads is missing from a bucket that is there."""
        # Asked by HEAD so that no content is fetched, and then by GET for the reason.
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
    """Return the status and the body with which an application answers a request made by another method."""
    begun: list[str] = []

    def begin(status: str, *_: object) -> Any:
        begun.append(status)

    answer = app({**environ, "REQUEST_METHOD": method}, begin)
    try:
        return begun[-1], b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
