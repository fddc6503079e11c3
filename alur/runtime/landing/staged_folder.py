"""The folder of landing files staged as Parquet for the engine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO, Protocol


class StagedFolder(Protocol):
    """A folder of one run, for Parquet files outside any table."""

    @property
    def address(self) -> str:
        """The address for the engine."""

    def new_file(self) -> AbstractContextManager[IO[bytes]]:
        """Open a new file in the folder; it appears once the block has ended without an error."""
