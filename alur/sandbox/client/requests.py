"""Sends requests outside AWS's own API to the sandbox's server."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from alur.errors import Problems, SandboxError
from alur.sandbox.state_file import SandboxState


def send(state: SandboxState, path: str, content: Any = None) -> Any:
    """Send a request to the server, and return the content of its response.

    Args:
        content: sent as JSON; None only reads.

    Raises:
        SandboxError: the sandbox does not answer, or refuses the request.
    """
    # urllib would use a proxy.
    connection = HTTPConnection(urlsplit(state.address).netloc)
    headers = {"Authorization": f"Alur Credential={state.access_key}/"}
    try:
        if content is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(content), headers)
        response = connection.getresponse()
        received = json.load(response)
    except (OSError, HTTPException, ValueError) as error:
        raise SandboxError(
            f"the sandbox does not answer: {error}", remedy="alur sandbox up"
        ) from None
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        Problems(SandboxError(message, remedy=remedy) for message, remedy in received).raise_any()
    return received
