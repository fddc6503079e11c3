"""Keeps the events of CloudWatch's streams on disk: the output of jobs may exceed the memory."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from moto.logs.models import LogEvent, LogGroup, LogStream

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
_EVENTS_PER_PAGE = 10_000
_CHARACTERS_PER_PAGE = 1_048_576


@dataclass(frozen=True, slots=True)
class _Batch:
    """Events of one request: their place in the file, and their first and last times."""

    offset: int
    size: int
    count: int
    first: int
    last: int


@dataclass
class EventFile:
    """A temporary file for the events of all streams; it disappears with the process."""

    file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    size: int = 0

    def close(self) -> None:
        """Close and thereby delete the file."""
        self.file.close()

    def append(self, content: bytes) -> int:
        """Write content at the end, and return its offset."""
        self.file.seek(self.size)
        self.file.write(content)
        offset, self.size = self.size, self.size + len(content)
        return offset

    def read(self, offset: int, size: int) -> bytes:
        """Return the content at an offset."""
        self.file.seek(offset)
        return self.file.read(size)


class StreamEvents:
    """The events of one stream, in place of moto's list."""

    def __init__(self, file: EventFile) -> None:
        self._file = file
        self._batches: list[_Batch] = []

    def __iadd__(self, events: Sequence[LogEvent]) -> StreamEvents:
        if events:
            ordered = sorted(events, key=lambda event: event.timestamp)
            content = json.dumps(
                [(e.timestamp, e.ingestion_time, e.event_id, e.message) for e in ordered]
            ).encode()
            times = ordered[0].timestamp, ordered[-1].timestamp
            offset = self._file.append(content)
            self._batches.append(_Batch(offset, len(content), len(ordered), *times))
        return self

    def __len__(self) -> int:
        return sum(batch.count for batch in self._batches)

    def __iter__(self) -> Iterator[LogEvent]:
        return (_event(values) for _, values in self.from_position((0, 0)))

    @property
    def times(self) -> tuple[int, int] | None:
        """The first and the last time; None if there is no event."""
        if not self._batches:
            return None
        return min(b.first for b in self._batches), max(b.last for b in self._batches)

    def position_of(self, time: int) -> tuple[int, int]:
        """Return the position to start from to find every event at or after a time."""
        late = (number for number, batch in enumerate(self._batches) if batch.last >= time)
        return next(late, len(self._batches)), 0

    def from_position(
        self, position: tuple[int, int]
    ) -> Iterator[tuple[tuple[int, int], tuple[int, int, int, str]]]:
        """Yield each event with the position after it: batch and place within the batch."""
        first, skipped = position
        for number in range(first, len(self._batches)):
            batch = self._batches[number]
            events = json.loads(self._file.read(batch.offset, batch.size))
            for place, event in enumerate(events):
                if number > first or place >= skipped:
                    yield (number, place + 1), event


def _event(values: tuple[int, int, int, str]) -> LogEvent:
    event: LogEvent = _untracked(LogEvent)
    event.timestamp, event.ingestion_time, event.event_id, event.message = values
    return event


def page(
    streams: Mapping[str, StreamEvents], start: int, end: int | None, token: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the events of several streams in the order of time; AWS's limits apply.

    Args:
        streams: by name.
        start, end: times in milliseconds.
        token: the token from the previous page; None for the first.

    Returns:
        The events, and the token for the next page; None after the last.
    """
    positions: dict[str, tuple[int, int]] = {
        name: (at[0], at[1]) for name, at in json.loads(token or "{}").items()
    }
    events: list[dict[str, Any]] = []
    characters = 0
    for name, after, event in _merged(streams, positions, start):
        if len(events) == _EVENTS_PER_PAGE or characters >= _CHARACTERS_PER_PAGE:
            return events, json.dumps(positions)
        positions[name] = after
        if event[0] < start or (end is not None and event[0] > end):
            continue
        characters += len(event[3])
        events.append(
            {
                "logStreamName": name,
                "timestamp": event[0],
                "ingestionTime": event[1],
                "eventId": str(event[2]),
                "message": event[3],
            }
        )
    return events, None


def _merged(
    streams: Mapping[str, StreamEvents], positions: Mapping[str, tuple[int, int]], start: int
) -> Iterator[tuple[str, tuple[int, int], tuple[int, int, int, str]]]:
    starts = {
        name: positions.get(name) or events.position_of(start) for name, events in streams.items()
    }

    def named(
        name: str,
    ) -> Iterator[tuple[str, tuple[int, int], tuple[int, int, int, str]]]:
        return ((name, after, event) for after, event in streams[name].from_position(starts[name]))

    return heapq.merge(*map(named, streams), key=lambda item: item[2][0])


def keep_on_disk() -> None:
    """Patch moto's streams to keep their events in a file for the life of this process."""
    file = EventFile()
    original = LogStream.__init__

    def initialise(self: LogStream, log_group: LogGroup, name: str) -> None:
        original(self, log_group, name)
        self.events = StreamEvents(file)  # type: ignore[assignment]

    LogEvent.__new__ = _untracked  # type: ignore[method-assign, assignment]
    LogStream.__init__ = initialise  # type: ignore[method-assign]
    LogStream._update = _update  # type: ignore[method-assign]


def _untracked(cls: type[LogEvent], *_: object) -> Any:
    """Create an event outside moto's list, which would keep every event for ever."""
    return object.__new__(cls)


def _update(self: LogStream) -> None:
    events: Any = self.events
    first, last = events.times or (None, None)
    self.first_event_timestamp, self.last_event_timestamp = first, last
