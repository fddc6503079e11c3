"""The folder of landing files staged as Parquet for the engine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO, Protocol, runtime_checkable


class StagedFolder(Protocol):
    """A folder of one run, for Parquet files outside any table."""

    @property
    def address(self) -> str:
        """The address for the engine."""

    def new_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open a new file in the folder; it appears once the block has ended without an error."""


@runtime_checkable
class WorkersFolder(StagedFolder, Protocol):
    """A folder that an engine's workers, on other machines, can write to."""

    def apart(self) -> StagedFolder:
        """Return a new folder for one worker's files."""
