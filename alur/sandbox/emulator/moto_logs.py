"""What moto's CloudWatch Logs lacks: searching the streams whose names begin alike."""

from __future__ import annotations

import json

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

_PAGE = 700
_EMPTY_PAGE = "an empty page, and more to come"


def extend() -> None:
    """Teaches moto, for as long as this process lives."""
    LogsResponse.filter_log_events = _filter_log_events  # type: ignore[method-assign]


def _filter_log_events(self: LogsResponse) -> str:
    """With prefixes of streams, in the order of time; in pages, the first of them empty, as AWS may hand them out."""
    group = self._get_param("logGroupName")
    token = self._get_param("nextToken")
    if group not in self.logs_backend.groups:
        raise ResourceNotFoundException
    if token is None:
        return json.dumps({"events": [], "nextToken": _EMPTY_PAGE})
    prefix = self._get_param("logStreamNamePrefix", "")
    names = [name for name in self.logs_backend.groups[group].streams if name.startswith(prefix)]
    if not names:
        return json.dumps({"events": []})
    events, following, _ = self.logs_backend.filter_log_events(
        group,
        names,
        self._get_param("startTime"),
        self._get_param("endTime"),
        _PAGE,
        None if token == _EMPTY_PAGE else token,
        self._get_param("filterPattern"),
        True,
    )
    return json.dumps({"events": events} | ({"nextToken": following} if following else {}))
