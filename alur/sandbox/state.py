"""Where the command line finds the sandbox's server, and its doors beside AWS's own."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

STATE_FILE = "server.json"
LOCK_FILE = "server.lock"
"""Held by the server as long as it lives."""

NOTIFY = "/_alur/notify-event"
"""Where the event of a rule is brought to a workflow: in AWS, too, no service but EventBridge can do that."""

DELIVERIES = "/_alur/deliveries"
"""Where the server reports what became of the events of job runs."""


JobEngineName = Literal["sail", "spark"]
"""What carries the jobs of a sandbox out."""


@dataclass(frozen=True, slots=True)
class SandboxState:
    """A sandbox that is up.

    Attributes:
        address: where the emulated AWS is, such as ``http://127.0.0.1:5000``.
        access_key: what requests must be signed with.
        started: when it came up, in ISO 8601 and UTC.
        engine: what its jobs run on.
        engine_version: the same for people, such as ``Sail 0.7.2``.
    """

    pid: int
    address: str
    region: str
    account_id: str
    access_key: str
    started: str
    engine: JobEngineName
    engine_version: str


def write_state(folder: Path, state: SandboxState) -> None:
    """Tells the command line, in one step; only this user may read it."""
    partial = folder / f".{STATE_FILE}.part"
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(state), file)
    partial.replace(folder / STATE_FILE)


def read_state(folder: Path) -> SandboxState | None:
    """What the last server that came up in a folder has told; it may be gone."""
    try:
        return SandboxState(**json.loads((folder / STATE_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
