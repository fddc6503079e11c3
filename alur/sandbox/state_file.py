"""The state file by which the command line finds the sandbox's server."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

STATE_FILE = "server.json"
LOCK_FILE = "server.lock"
"""Held by the server as long as it runs."""

JobEngineName = Literal["sail", "spark"]
"""The engine of a sandbox's jobs."""


@dataclass(frozen=True, slots=True)
class SandboxState:
    """The state of a running sandbox.

    Attributes:
        address: of the emulated AWS, such as ``http://127.0.0.1:5000``.
        access_key: the key for signing requests.
        started: the time of its start, in ISO 8601 and UTC.
        engine: the engine of its jobs.
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
    """Write the state file for the command line atomically, readable by this user alone."""
    partial = folder / f".{STATE_FILE}.part"
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(state), file)
    partial.replace(folder / STATE_FILE)


def read_state(folder: Path) -> SandboxState | None:
    """Return the state of the last server started in a folder, which may have ended; None if there is none."""
    try:
        return SandboxState(**json.loads((folder / STATE_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
