"""Errors in the form of the requested service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_QUERY = """<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"""
_XML = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
_FORMS: Mapping[str, str] = {"query": _QUERY, "ec2": _QUERY, "rest-xml": _XML}


@dataclass(frozen=True, slots=True)
class ServiceError:
    """A service's reason to refuse a request.

    Attributes:
        protocol: the service's, by botocore's name.
    """

    protocol: str
    code: str
    message: str
    status: HTTPStatus = HTTPStatus.BAD_REQUEST

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer a request with the error."""
        form = _FORMS.get(self.protocol)
        if form:
            kind = "application/xml"
            text = form.format(code=escape(self.code), message=escape(self.message))
        else:
            kind = "application/x-amz-json-1.1"
            text = json.dumps(
                {"__type": self.code, "message": self.message, "Message": self.message}
            )
        content = text.encode()
        headers = [
            ("Content-Type", kind),
            ("Content-Length", f"{len(content)}"),
            ("x-amzn-ErrorType", self.code),
        ]
        start_response(f"{self.status.value} {self.status.phrase}", headers)
        # A client would take the body of a response to HEAD for the response to its next request.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


def access_denied(service: str, message: str) -> ServiceError:
    """Return a service's error for a request without permission."""
    if service == "s3":
        return ServiceError("rest-xml", "AccessDenied", message, HTTPStatus.FORBIDDEN)
    if service in ("iam", "sns", "sts"):
        return ServiceError("query", "AccessDenied", message, HTTPStatus.FORBIDDEN)
    return ServiceError("json", "AccessDeniedException", message)
