"""This process's folder for temporary files."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_PREFIX = "alur-"
_MARK = ".process"
"""The file by which such a folder differs from others."""


def process_folder() -> Path:
    """Return this process's folder for temporary files.

    It is deleted when the process ends or, if it is killed, by the next such process. Its name is short, because sockets
    have paths of at most 100 characters.
    """
    if not _folder().is_dir():
        # A system may delete old files.
        _folder.cache_clear()
    return _folder()


@cache
def _folder() -> Path:
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # A file system without locks must not fail the run.
    with suppress(OSError):
        # Until this process ends; systemd deletes no locked folders, either.
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
        (folder / _MARK).touch()
    return folder


def _sweep(parent: Path) -> None:
    """Delete the folders of processes that have ended."""
    for mark in parent.glob(f"{_PREFIX}*/{_MARK}"):
        # Other users' folders cannot be opened, and those of living processes cannot be locked.
        with suppress(OSError), _opened(mark.parent) as number:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(mark.parent, ignore_errors=True)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    number = os.open(folder, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)
