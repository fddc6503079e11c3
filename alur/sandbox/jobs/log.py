"""What a job run prints, on its way to CloudWatch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread
from typing import Any

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_EVENTS_AT_ONCE = 10_000
_BYTES_AT_ONCE = 1_048_576
_BYTES_BESIDE_A_MESSAGE = 26
_BYTES_OF_A_MESSAGE = 256 * 1024 - _BYTES_BESIDE_A_MESSAGE

_SECONDS = 0.2

_WAITING = 1_000
"""How many lines wait to be sent; a job that prints faster waits for them, as it would for a slow pipe."""

_log = logging.getLogger(__name__)


class LogStream:
    """A stream of CloudWatch, fed line by line; the stream is there from the first line on.

    Where it cannot be written, its lines are lost and the run goes on, as in Glue.

    Args:
        group: the log group, which is made if there is none.
    """

    def __init__(self, group: str, name: str) -> None:
        self._place = {"logGroupName": group, "logStreamName": name}
        self._lines: Queue[tuple[int, str] | None] = Queue(_WAITING)

    def write(self, line: str) -> None:
        """Takes a line; empty ones are none that CloudWatch would take."""
        text = line.rstrip("\r\n")[:_BYTES_OF_A_MESSAGE]
        if text:
            self._lines.put((int(time.time() * 1000), text))

    @contextmanager
    def sent_by(self, logs: Any) -> Iterator[None]:
        """Sends what it has and gets meanwhile; at the end, everything is there.

        Args:
            logs: boto3's client.
        """
        thread = Thread(target=self._send_all, args=(logs,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._lines.put(None)
            thread.join()

    def _send_all(self, logs: Any) -> None:
        writable = True
        for batch in self._batches():
            try:
                if writable:
                    self._send(logs, batch)
            except Exception as error:
                # Among the reasons is that the run's role may not; what it may not is told to this very stream.
                writable = False
                _log.warning("%s cannot be written: %s", self._place["logGroupName"], error)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        """What comes, as much at once as CloudWatch takes."""
        batch: list[dict[str, Any]] = []
        size = 0
        due = None
        while True:
            try:
                line = self._lines.get(timeout=due and max(0.0, due - time.monotonic()))
            except Empty:
                yield batch
                batch, size, due = [], 0, None
                continue
            if line is None:
                break
            content = line[1].encode()[:_BYTES_OF_A_MESSAGE]
            length = len(content) + _BYTES_BESIDE_A_MESSAGE
            if len(batch) == _EVENTS_AT_ONCE or size + length > _BYTES_AT_ONCE:
                yield batch
                batch, size, due = [], 0, None
            batch.append({"timestamp": line[0], "message": content.decode(errors="ignore")})
            size += length
            due = due or time.monotonic() + _SECONDS
        if batch:
            yield batch

    def _send(self, logs: Any, batch: list[dict[str, Any]]) -> None:
        # Lines of several threads come in an order that is not quite that of their times, which CloudWatch asks for.
        events = sorted(batch, key=lambda event: event["timestamp"])
        try:
            logs.put_log_events(**self._place, logEvents=events)
        except logs.exceptions.ResourceNotFoundException:
            self._make(logs)
            logs.put_log_events(**self._place, logEvents=events)

    def _make(self, logs: Any) -> None:
        group = {"logGroupName": self._place["logGroupName"]}
        for create, arguments in (
            (logs.create_log_group, group),
            (logs.create_log_stream, self._place),
        ):
            try:
                create(**arguments)
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
