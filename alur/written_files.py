"""Files that Alur writes for people: each whole or not at all, and none over a file of somebody else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from alur.errors import AlurError

_HEAD_BYTES = 4096
"""The beginning of a file, where its mark is."""
_PART = re.compile(r"\.(.+)\.([0-9]{1,9})\.part")


def put(path: Path, content: str | bytes) -> None:
    """Write a file atomically, and create its folder; a file with the same content keeps its time stamp.

    Raises:
        OSError: it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == data:
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remains(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield what processes that have ended left of attempts to write some files."""
    names: dict[Path, set[str]] = {}
    for path in paths:
        names.setdefault(path.parent, set()).add(path.name)
    for folder, own in names.items():
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            for entry in entries:
                found = _PART.fullmatch(entry.name)
                if found and found[1] in own and not _is_running(int(found[2])):
                    yield Path(entry.path)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def check_replaceable(path: Path, mark: str, remedy: str) -> None:
    """Check that a file can be written without the loss of one that Alur has not written.

    Args:
        mark: a text near the beginning of each file that Alur writes there.
        remedy: what to do otherwise.

    Raises:
        AlurError: there is a file without the mark, or a folder.
    """
    if path.is_dir():
        raise AlurError(f"{path} is a folder", remedy="name a file")
    try:
        with path.open("rb") as file:
            is_own = mark.encode() in file.read(_HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise AlurError(
            f"{path} cannot be read: {error.strerror}", remedy="name another file"
        ) from None
    if not is_own:
        raise AlurError(f"{path} is a file that Alur has not written", remedy=remedy)
