"""Where landing files are staged as Parquet for the engine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO, Protocol


class StagedFolder(Protocol):
    """A folder of a run's own, for Parquet files that no table knows."""

    @property
    def address(self) -> str:
        """Where the engine reads it."""

    def new_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open a new file in it; it is there once the block has ended without an error."""
