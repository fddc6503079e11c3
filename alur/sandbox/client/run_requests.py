"""Reads what job runs have requested of S3."""

from __future__ import annotations

from alur.sandbox.client.requests import send
from alur.sandbox.protocol import REQUESTS, S3Requests
from alur.sandbox.state_file import SandboxState


def read_run_requests(state: SandboxState) -> dict[str, S3Requests]:
    """Return the requests of all runs since the sandbox started, by the run's id.

    Raises:
        SandboxError: the sandbox does not answer.
    """
    return {run_id: S3Requests(**counts) for run_id, counts in send(state, REQUESTS).items()}
