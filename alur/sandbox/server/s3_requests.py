"""Counts what each job run requests of S3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from threading import Lock
from typing import TYPE_CHECKING

from alur.sandbox.protocol import S3Requests
from alur.sandbox.server.api.wsgi import body_of
from alur.sandbox.server.iam.api_calls import Call

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KINDS = {
    "s3:GetObject": "get",
    "s3:PutObject": "put",
    "s3:DeleteObject": "delete",
    "s3:ListBucket": "list",
}


class S3RequestCounts:
    """The requests of all runs, by the run's id."""

    def __init__(self) -> None:
        self._runs: defaultdict[str, S3Requests] = defaultdict(S3Requests)
        self._lock = Lock()

    def add(self, run_id: str, calls: Iterable[Call], environ: WSGIEnvironment) -> bool:
        """Count a request with the bytes of its content; return whether it reads an object.

        Args:
            calls: the actions of the request.
        """
        kinds = {_KINDS[call.action] for call in calls if call.action in _KINDS}
        sent = _uploaded(environ) if "put" in kinds else 0
        with self._lock:
            run = self._runs[run_id]
            for kind in kinds:
                setattr(run, kind, getattr(run, kind) + 1)
            run.bytes_uploaded += sent
        return "get" in kinds

    def downloaded(self, run_id: str, response: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the parts of an object, and count their bytes."""
        try:
            for part in response:
                with self._lock:
                    self._runs[run_id].bytes_downloaded += len(part)
                yield part
        finally:
            if hasattr(response, "close"):
                response.close()

    def as_data(self) -> dict[str, dict[str, int]]:
        """Return the counts of each run, by its id."""
        with self._lock:
            return {run_id: asdict(counts) for run_id, counts in self._runs.items()}


def _uploaded(environ: WSGIEnvironment) -> int:
    """Return the size of an object's content, without the signatures between its parts.

    (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html)
    """
    decoded = environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH")
    return int(decoded) if decoded else len(body_of(environ))
