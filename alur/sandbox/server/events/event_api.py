"""Answers requests about events outside AWS's API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from alur.errors import AlurError
from alur.sandbox.protocol import DELIVERIES, DUE, FIRE
from alur.sandbox.server.api.wsgi import body_of, json_response
from alur.sandbox.server.events.event_bridge import EventBridge

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class EventApi:
    """The requests of ``alur.sandbox.protocol``, answered by EventBridge.

    Attributes:
        paths: the paths of the requests.
    """

    def __init__(self, event_bridge: EventBridge) -> None:
        self._event_bridge = event_bridge
        self._operations: Mapping[str, Callable[[Any], Any]] = {
            DELIVERIES: self._deliveries,
            DUE: self._due,
            FIRE: self._fire,
        }
        self.paths = frozenset(self._operations)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer a request; a refusal lists its problems."""
        request = json.loads(body_of(environ) or b"null")
        try:
            content = self._operations[environ["PATH_INFO"]](request)
        except AlurError as error:
            problems = [[one.message, one.remedy] for one in error.problems]
            return json_response(start_response, HTTPStatus.BAD_REQUEST, problems)
        return json_response(start_response, HTTPStatus.OK, content)

    def _deliveries(self, _: None) -> Any:
        return [asdict(delivery) for delivery in list(self._event_bridge.deliveries)]

    def _due(self, request: Mapping[str, Any]) -> Any:
        begin, end = (datetime.fromisoformat(request[name]) for name in ("begin", "end"))
        firings = self._event_bridge.due(request["rules"], begin, end)
        return [[instant.isoformat(), names] for instant, names in firings]

    def _fire(self, request: Mapping[str, Any]) -> Any:
        return self._event_bridge.fire(
            request["rule"],
            datetime.fromisoformat(request["instant"]),
            even_if_disabled=request.get("even_if_disabled", False),
        )
