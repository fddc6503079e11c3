"""Sends the output of a job run to CloudWatch."""

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

_MOST_WAITING = 1_000
"""The most lines waiting to be sent; a job that prints faster has to wait, as with a slow pipe."""

_log = logging.getLogger(__name__)


class LogStream:
    """A stream of CloudWatch, written line by line and created with the first line.

    If it cannot be written, its lines are lost and the run continues, as in Glue.

    Args:
        group: the log group, created if it is missing.
    """

    def __init__(self, group: str, name: str) -> None:
        self._place = {"logGroupName": group, "logStreamName": name}
        self._lines: Queue[tuple[int, str] | None] = Queue(_MOST_WAITING)

    def write(self, line: str) -> None:
        """Queue a line for the stream; empty lines are dropped, because CloudWatch refuses them."""
        text = line.rstrip("\r\n")[:_BYTES_OF_A_MESSAGE]
        if text:
            self._lines.put((int(time.time() * 1000), text))

    @contextmanager
    def sent_by(self, logs: Any) -> Iterator[None]:
        """Send lines within the context; at its end, all lines have arrived.

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
                # The run's role may lack the permission; the refusal itself is written to this very stream.
                writable = False
                _log.warning("%s cannot be written: %s", self._place["logGroupName"], error)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the lines in batches within CloudWatch's limits."""
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
        # CloudWatch requires the order of time; lines of several threads arrive slightly out of it.
        events = sorted(batch, key=lambda event: event["timestamp"])
        try:
            logs.put_log_events(**self._place, logEvents=events)
        except logs.exceptions.ResourceNotFoundException:
            self._create(logs)
            logs.put_log_events(**self._place, logEvents=events)

    def _create(self, logs: Any) -> None:
        group = {"logGroupName": self._place["logGroupName"]}
        for create, arguments in (
            (logs.create_log_group, group),
            (logs.create_log_stream, self._place),
        ):
            try:
                create(**arguments)
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
