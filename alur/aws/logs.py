"""Reads the output of runs from CloudWatch."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from alur.aws_clients import Clients, aws_errors

_LATE = timedelta(seconds=60)
"""The longest delay between lines of the same second; each request for lines goes back this far."""

_PROGRESS_BAR = "-progress-bar"
_PAUSE = 2.0
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line printed by a run.

    Attributes:
        event_id: CloudWatch's id, by which repeated lines are recognized.
    """

    time: datetime
    text: str
    event_id: str


@dataclass(frozen=True, slots=True)
class LogSource:
    """The streams of a log group to read lines from.

    Attributes:
        group: the log group; it may not exist yet.
        run_id: the beginning of the streams' names; None for all streams. Glue 5 appends the stream's writer to the
            run's id (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html).
    """

    group: str
    run_id: str | None = None


def read(clients: Clients, sources: Sequence[LogSource], since: datetime) -> Iterator[LogLine]:
    """Return all lines since an instant, from all pages, in the order of time.

    Raises:
        AwsError: AWS does not allow reading them.
    """
    with aws_errors("the logs cannot be read"):
        streams = [_lines(clients("logs"), source, since) for source in sources]
        yield from heapq.merge(*streams, key=lambda line: line.time)


def follow(
    clients: Clients,
    sources: Sequence[LogSource],
    since: datetime,
    has_ended: Callable[[], bool],
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[LogLine]:
    """Yield lines as they arrive, including late ones, each once, until the runs are over and no line is new.

    Args:
        has_ended: called before each request for lines.

    Raises:
        AwsError: AWS does not allow reading them.
    """
    # CloudWatch counts in milliseconds.
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    seen = LatestLines()
    latest = since
    while True:
        ended = has_ended()
        new = 0
        for line in read(clients, sources, max(since, latest - _LATE)):
            if seen.is_new(line):
                latest = max(latest, line.time)
                new += 1
                yield line
        if ended and not new:
            return
        pause(_PAUSE)


class LatestLines:
    """Distinguishes new lines from repeated ones; remembers only those of the last minute, or some thousands.

    >>> line = LogLine(datetime(2026, 1, 16, tzinfo=timezone.utc), "[Alur] Reading", "3")
    >>> seen = LatestLines()
    >>> seen.is_new(line), seen.is_new(line)
    (True, False)
    """

    def __init__(self) -> None:
        self._times: dict[str, datetime] = {}
        self._forget_at = _REMEMBERED

    def __len__(self) -> int:
        return len(self._times)

    def is_new(self, line: LogLine) -> bool:
        """Return whether the line is new, and remember it."""
        if line.event_id in self._times:
            return False
        self._times[line.event_id] = line.time
        if len(self._times) > self._forget_at:
            begin = max(self._times.values()) - _LATE
            self._times = {event: when for event, when in self._times.items() if when >= begin}
            self._forget_at = max(_REMEMBERED, 2 * len(self._times))
        return True


def _lines(logs: Any, source: LogSource, since: datetime) -> Iterator[LogLine]:
    request: dict[str, Any] = {
        "logGroupName": source.group,
        # Without a start, CloudWatch returns empty pages for the group's whole past.
        "startTime": max(0, int(since.timestamp() * 1000)),
    }
    if source.run_id is not None:
        request["logStreamNamePrefix"] = source.run_id
    try:
        # An empty page is not necessarily the last one.
        for page in logs.get_paginator("filter_log_events").paginate(**request):
            for event in page["events"]:
                if not event["logStreamName"].endswith(_PROGRESS_BAR):
                    yield _line(event)
    except logs.exceptions.ResourceNotFoundException:
        # Glue creates the group with the first line.
        return


def _line(event: dict[str, Any]) -> LogLine:
    when = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
    return LogLine(when, event["message"].rstrip("\r\n"), event["eventId"])
