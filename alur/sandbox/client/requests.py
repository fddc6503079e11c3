"""Sends requests outside AWS's own API to the sandbox's server."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from alur.errors import SandboxError
from alur.sandbox.state import SandboxState


def ask(state: SandboxState, path: str, request: Any = None) -> tuple[int, Any]:
    """Send a request to the server, and return the status and the content of its response.

    Args:
        request: sent as JSON; None only reads.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    # urllib would use a proxy.
    connection = HTTPConnection(urlsplit(state.address).netloc)
    headers = {"Authorization": f"Alur Credential={state.access_key}/"}
    try:
        if request is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(request), headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    except (OSError, HTTPException, ValueError) as error:
        raise SandboxError(
            f"the sandbox does not answer: {error}", remedy="alur sandbox up"
        ) from None
    finally:
        connection.close()
