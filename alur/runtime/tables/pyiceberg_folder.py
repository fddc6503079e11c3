"""The files below a table's location, in a folder of this machine or in S3."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType
from pyiceberg.io.pyarrow import PyArrowFileIO

if TYPE_CHECKING:
    from pyiceberg.table import Table

_FILE, _S3 = "file://", "s3://"


@dataclass(frozen=True, slots=True)
class TableFolder:
    """The place of a table's files.

    Attributes:
        store: Arrow's file system.
        path: the folder in it.
    """

    store: FileSystem
    path: str

    @classmethod
    def of(cls, table: Table) -> TableFolder:
        """Return the folder of a table."""
        return cls(store_of(table), path_in_store(table.location()))

    def files(self) -> list[FileInfo]:
        """Return all files, each with its path, its size and the time of its last change.

        Raises:
            OSError: they cannot be listed.
        """
        everything = FileSelector(self.path, allow_not_found=True, recursive=True)
        return [one for one in self.store.get_file_info(everything) if one.type == FileType.File]

    def size(self) -> int:
        """Return the size in bytes of all files."""
        return sum(file.size for file in self.files())

    def holds(self, location: str) -> bool:
        """Return whether a location is below the folder."""
        return PurePosixPath(path_in_store(location)).is_relative_to(self.path)

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files by their paths; some may be gone already."""
        for path in paths:
            self.delete_file(path)

    def delete_file(self, path: str) -> None:
        """Delete a file, unless it is gone already."""
        with suppress(FileNotFoundError):
            self.store.delete_file(path)


def store_of(table: Table) -> FileSystem:
    """Return Arrow's file system with a table's files."""
    assert isinstance(table.io, PyArrowFileIO), "all tables are opened so"
    place = urlsplit(table.location())
    if place.scheme == "s3":
        return table.io.fs_by_scheme("s3", place.netloc)
    return table.io.fs_by_scheme("file", "")


def path_in_store(location: str) -> str:
    """Return the path of a location in a table's metadata.

    >>> path_in_store("s3://bucket/tables/sales"), path_in_store("file:///shop/sales")
    ('bucket/tables/sales', '/shop/sales')
    """
    return location.removeprefix(_FILE).removeprefix(_S3)
