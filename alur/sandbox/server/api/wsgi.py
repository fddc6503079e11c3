"""Reads requests in WSGI's form, and answers them with JSON."""

from __future__ import annotations

import json
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def credential(environ: WSGIEnvironment) -> tuple[str, str]:
    """Return the access key that signed a request, and the service it is for; empty if it is unsigned.

    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)
    """
    text = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    if not text:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        text = query.get("X-Amz-Credential", [""])[0]
    key, *scope = text.split("/")
    return key, scope[2] if len(scope) > 2 else ""


def body_of(environ: WSGIEnvironment) -> bytes:
    """Return the request's body, and keep it for the application."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH")
    if length:
        content: bytes = stream.read(int(length))
    else:
        # The server marks the end of a body of unknown length.
        content = stream.read() if environ.get("wsgi.input_terminated") else b""
    environ["wsgi.input"] = BytesIO(content)
    return content


def json_response(start_response: StartResponse, status: HTTPStatus, content: Any) -> list[bytes]:
    """Answer a request with JSON."""
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]
