"""What a job run prints, on its way to CloudWatch."""

from __future__ import annotations

import time
from queue import Empty, Queue
from threading import Thread
from typing import Any

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_EVENTS_AT_ONCE = 10_000
_BYTES_OF_AN_EVENT = 256 * 1024
_BYTES_AT_ONCE = 1_000_000
_SECONDS = 0.2


class LogStream:
    """A stream of CloudWatch, fed line by line; the stream is there from the first line on.

    Args:
        logs: boto3's client.
    """

    def __init__(self, logs: Any, group: str, name: str) -> None:
        self._logs = logs
        self._place = {"logGroupName": group, "logStreamName": name}
        self._lines: Queue[tuple[int, str] | None] = Queue()
        self._made = False
        self._thread = Thread(target=self._send_all, name=f"{group} {name}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Takes a line; empty ones are none that CloudWatch would take."""
        text = line.rstrip("\r\n")
        if text:
            self._lines.put((int(time.time() * 1000), text))

    def close(self) -> None:
        """Waits until everything is there."""
        self._lines.put(None)
        self._thread.join()

    def _send_all(self) -> None:
        more = True
        while more:
            batch = []
            size = 0
            line = self._lines.get()
            due = time.monotonic() + _SECONDS
            while line is not None:
                text = line[1].encode()[:_BYTES_OF_AN_EVENT].decode(errors="ignore")
                batch.append({"timestamp": line[0], "message": text})
                size += len(text)
                if len(batch) == _EVENTS_AT_ONCE or size > _BYTES_AT_ONCE:
                    break
                try:
                    line = self._lines.get(timeout=max(0.0, due - time.monotonic()))
                except Empty:
                    break
            more = line is not None
            if batch:
                self._send(batch)

    def _send(self, batch: list[dict[str, Any]]) -> None:
        if not self._made:
            self._make()
            self._made = True
        self._logs.put_log_events(**self._place, logEvents=batch)

    def _make(self) -> None:
        group = {"logGroupName": self._place["logGroupName"]}
        for create, arguments in (
            (self._logs.create_log_group, group),
            (self._logs.create_log_stream, self._place),
        ):
            try:
                create(**arguments)
            except self._logs.exceptions.ResourceAlreadyExistsException:
                continue
