"""The only entry to the emulated AWS: admits the sandbox's user, and job runs as far as their roles allow."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from alur.sandbox.protocol import REQUESTS
from alur.sandbox.server.api.service_errors import access_denied
from alur.sandbox.server.api.wsgi import credential, json_response
from alur.sandbox.server.iam.api_calls import calls_of, listing_for_missing_key
from alur.sandbox.server.s3_requests import S3RequestCounts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from alur.sandbox.server.account_region import AccountRegion
    from alur.sandbox.server.events.event_api import EventApi
    from alur.sandbox.server.iam.run_roles import RunRoles


class Gateway:
    """A gateway to the emulated AWS, which admits requests by their access key.

    The server runs submitted code, so the key keeps out other users of the machine, and web pages in this user's
    browser. The address is local to this machine, so nobody can intercept a key and repeat it.

    Args:
        aws: answers the requests to AWS's API.
        events: answers the user's requests outside that API.
        access_key: the user's.
        roles: the keys of job runs.
    """

    def __init__(
        self,
        aws: WSGIApplication,
        events: EventApi,
        access_key: str,
        roles: RunRoles,
        account_region: AccountRegion,
    ) -> None:
        self._aws = aws
        self._events = events
        self._access_key = access_key
        self._roles = roles
        self._account_region = account_region
        self._requests = S3RequestCounts()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key, service = credential(environ)
        if hmac.compare_digest(key.encode(), self._access_key.encode()):
            if environ["PATH_INFO"] in self._events.paths:
                return self._events(environ, start_response)
            if environ["PATH_INFO"] == REQUESTS:
                return json_response(start_response, HTTPStatus.OK, self._requests.as_data())
            return self._aws(environ, start_response)
        if key in self._roles:
            return self._answer_run(environ, start_response, key, service)
        problem = "the access key is not this sandbox's", "alur sandbox up"
        return json_response(start_response, HTTPStatus.FORBIDDEN, [problem])

    def _answer_run(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: str, service: str
    ) -> Iterable[bytes]:
        """Answer a job run's request if the run's role allows it.

        A role without permission to list a bucket cannot learn which keys are missing: S3 denies access to them.
        """
        calls = calls_of(environ, service, *self._account_region)
        refusal = self._roles.refusal(key, calls)
        listing = listing_for_missing_key(environ, service)
        if (
            refusal is None
            and listing
            and not self._roles.may(key, listing)
            and self._is_missing(environ)
        ):
            refusal = self._roles.refusal(key, [listing])
        if refusal is None:
            run_id = self._roles.run_of(key)
            reads = self._requests.add(run_id, calls, environ)
            response = self._aws(environ, start_response)
            return self._requests.downloaded(run_id, response) if reads else response
        return access_denied(service, refusal).answer(environ, start_response)

    def _is_missing(self, environ: WSGIEnvironment) -> bool:
        """Return whether a request reads a missing object of an existing bucket."""
        # HEAD fetches no content; only GET reports the reason.
        if not _status(self._aws, environ, "HEAD")[0].startswith("404"):
            return False
        return b"<Code>NoSuchKey</Code>" in _status(self._aws, environ, "GET")[1]


def _status(app: WSGIApplication, environ: WSGIEnvironment, method: str) -> tuple[str, bytes]:
    """Send a request by another method, and return the status and the body of the response."""
    statuses: list[str] = []

    def start_response(status: str, *_: object) -> Any:
        statuses.append(status)

    response = app({**environ, "REQUEST_METHOD": method}, start_response)
    try:
        return statuses[-1], b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
