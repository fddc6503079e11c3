"""Locks of tables of this machine: one holder at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout


def acquire(folder: Path, identifier: str, notice: Callable[[str], None]) -> FileLock:
    """Wait for a table's lock, and return it; the operating system releases the lock of a killed process.

    Raises:
        OSError: the lock's file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{identifier}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        notice(f"waiting for another run that is writing {identifier}")
        lock.acquire()
    return lock
