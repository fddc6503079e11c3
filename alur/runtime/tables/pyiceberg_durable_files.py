"""Files that survive a loss of power: every file reaches the disk before the catalog names it."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from alur.runtime.tables.pyiceberg_data_files import local_path
from alur.syncing import sync

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.typedef import Properties

PY_IO_IMPL = f"{__name__}.DurableFileIO"
"""The name of the class for PyIceberg's property ``py-io-impl``."""

_AT_ONCE = 8
"""The number of concurrent syncs: a disk combines them, while each alone would wait for the disk."""


class DurableFileIO(PyArrowFileIO):
    """PyIceberg's files on this machine, with a way to sync them to the disk.

    The catalog names a metadata file as soon as it is written, so each metadata file is synced by itself.
    """

    def __init__(self, properties: Properties) -> None:
        super().__init__(properties)
        self._written: set[Path] = set()

    def new_output(self, location: str) -> PyArrowFile:
        """Return a file to write, and remember it."""
        output = super().new_output(location)
        if not location.endswith(".metadata.json"):
            self._written.add(local_path(location))
            return output
        return _DurableFile(location, output._path, output._filesystem, output._buffer_size)

    def sync(self) -> None:
        """Wait until the disk holds every written file and its parent folders."""
        written = [path for path in self._written if path.exists()]
        self._written.clear()
        _sync(written)


class _DurableFile(PyArrowFile):
    def create(self, overwrite: bool = False) -> Any:
        return _SyncedStream(super().create(overwrite), local_path(self.location))


class _SyncedStream:
    """A stream that syncs its file to the disk when it is closed."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream = stream
        self._path = path

    def write(self, data: bytes) -> int:
        written: int = self._stream.write(data)
        return written

    def close(self) -> None:
        self._stream.close()
        _sync([self._path])

    def __enter__(self) -> _SyncedStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sync_files(io: FileIO) -> None:
    """Wait until the disk holds every file that a table's commit has written; files in S3 need no wait."""
    if isinstance(io, DurableFileIO):
        io.sync()


def _sync(files: Iterable[Path]) -> None:
    paths = list(files)
    # Three levels above a data file is the table's folder, whose entries may be new, too.
    folders = {folder for path in paths for folder in list(path.parents)[:3]}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(sync, paths))
        list(pool.map(sync, folders))
