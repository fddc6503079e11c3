"""Writes zip files whose bytes depend on their entries only."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

# The earliest time a zip file can record.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_READABLE_FILE = 0o100644 << 16


def write_archive(target: BinaryIO, entries: Iterable[tuple[str, bytes | Path]]) -> None:
    """Write entries, each a name and its content, in the order given.

    The bytes do not depend on the machine: they contain no time, owner or mode. Nothing is compressed, because releases
    of zlib compress differently. The large parts of an artifact are wheels, which are compressed already.
    """
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for name, content in entries:
            entry = ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE_FILE
            if isinstance(content, bytes):
                archive.writestr(entry, content)
                continue
            entry.file_size = content.stat().st_size
            with content.open("rb") as source, archive.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
