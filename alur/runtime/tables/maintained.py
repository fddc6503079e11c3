"""The outcome of a table's maintenance: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Maintained:
    """A table has been maintained.

    Attributes:
        table: the table with its layer.
        files_before, files_after: the number of data files in the table.
        snapshots_before, snapshots_after: the number of snapshots that can be read.
        orphans: the number of deleted files that no snapshot needed.
        bytes_before, bytes_after: the size of all the table's files on the disk, including those of earlier snapshots.
    """

    table: str
    files_before: int
    files_after: int
    snapshots_before: int
    snapshots_after: int
    orphans: int
    bytes_before: int
    bytes_after: int

    @property
    def bytes_freed(self) -> int:
        """The difference in size: negative if the files from before are still needed."""
        return self.bytes_before - self.bytes_after
