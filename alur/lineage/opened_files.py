"""Finds the files that a function reads while it is called."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alur.lineage.digests import digest
from alur.lineage.user_code import is_foreign

_LISTINGS = frozenset({"os.listdir", "os.scandir"})
_NO_FILES = ("/proc/", "/dev/", "/sys/")
_LARGE = 16 << 20
"""Bytes beyond which a file is known by its size and time."""

_watched: dict[int, set[str]] = {}
"""The paths read by each thread that is watched."""


@contextmanager
def opened_files(root: Path, found: dict[str, str]) -> Iterator[None]:
    """Add the files and folders that this thread reads meanwhile to a mapping, with digests of their content.

    Files of libraries, of Python's compiler and of Alur are left out.

    Args:
        root: paths below it are given from there.
    """
    _install()
    thread = threading.get_ident()
    before, paths = _watched.get(thread), set[str]()
    _watched[thread] = paths
    try:
        yield
    finally:
        if before is None:
            del _watched[thread]
        else:
            _watched[thread] = before
        for path in sorted(paths):
            if (known := content_digest(path)) is not None:
                found[_shown(path, root)] = known


def content_digest(path: str) -> str | None:
    """Return the digest of a file, or of the names in a folder; None if there is neither."""
    try:
        if os.path.isdir(path):
            return digest("folder", *sorted(os.listdir(path)))
        if not os.path.isfile(path):
            return None
        about = os.stat(path)
        if about.st_size > _LARGE:
            return digest("large", about.st_size, about.st_mtime_ns)
        return hashlib.blake2b(Path(path).read_bytes(), digest_size=8).hexdigest()
    except OSError:
        return None


def _shown(path: str, root: Path) -> str:
    return os.path.relpath(path, root) if path.startswith(f"{root}{os.sep}") else path


@cache
def _install() -> None:
    """Add the hook, once: it stays for good, and does nothing while no call is watched."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched or (event != "open" and event not in _LISTINGS):
        return
    paths = _watched.get(threading.get_ident())
    if paths is None:
        return
    try:
        if event != "open" or not arguments[2] & os.O_ACCMODE:
            path = os.path.abspath(os.fsdecode(arguments[0] or "."))
            if not _is_passed_over(path):
                paths.add(path)
    except (TypeError, ValueError, OSError):
        # The number of an open file, or no path.
        return


def _is_passed_over(path: str) -> bool:
    return (
        path.startswith(_NO_FILES)
        or path.endswith((".pyc", ".py"))
        or "/__pycache__" in path
        or "/.alur/" in path
        or is_foreign(f"{path}/")
    )
