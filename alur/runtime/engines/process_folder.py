"""This process's folder for temporary files."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

_PREFIX = "alur-"
_LOCK_FILE = ".process.lock"
"""Held by the process; the operating system frees it even if the process is killed."""


@cache
def process_folder() -> Path:
    """Return this process's folder for temporary files, and delete those of killed processes.

    It is deleted when the process ends. Its name is short, because sockets have paths of at most 100 characters.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # A file system without locks must not fail the run.
    with suppress(OSError):
        _lock(folder)
    return folder


def _lock(folder: Path) -> None:
    """Lock a folder until this process ends; nobody finds its lock file unlocked meanwhile."""
    unnamed = folder / f"{_LOCK_FILE}.part"
    fcntl.flock(os.open(unnamed, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
    unnamed.rename(folder / _LOCK_FILE)


def _sweep(parent: Path) -> None:
    """Delete the folders of processes that have ended."""
    for lock in parent.glob(f"{_PREFIX}*/{_LOCK_FILE}"):
        # Other users' folders cannot be opened.
        with suppress(OSError), lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
