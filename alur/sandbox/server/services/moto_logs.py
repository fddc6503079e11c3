"""Extends moto's CloudWatch Logs: searches streams by prefix, and keeps the output of jobs on disk."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from alur.sandbox.server.services import log_events

_EMPTY_PAGE = "an empty page, and more to come"


def extend() -> None:
    """Patch moto for the life of this process."""
    if LogsResponse.filter_log_events is not _filter_log_events:
        LogsResponse.filter_log_events = _filter_log_events  # type: ignore[method-assign]
        log_events.keep_on_disk()


def _filter_log_events(self: LogsResponse) -> str:
    """Return the events of the streams with a prefix, in the order of time.

    The first page is empty, because AWS may return empty pages, too.
    """
    group = self._get_param("logGroupName")
    token = self._get_param("nextToken")
    if group not in self.logs_backend.groups:
        raise ResourceNotFoundException
    if token is None:
        return json.dumps({"events": [], "nextToken": _EMPTY_PAGE})
    prefix = self._get_param("logStreamNamePrefix", "")
    streams: dict[str, Any] = {
        name: stream.events
        for name, stream in self.logs_backend.groups[group].streams.items()
        if name.startswith(prefix)
    }
    events, following = log_events.page(
        streams,
        self._get_param("startTime") or 0,
        self._get_param("endTime"),
        None if token == _EMPTY_PAGE else token,
    )
    return json.dumps({"events": events} | ({"nextToken": following} if following else {}))
