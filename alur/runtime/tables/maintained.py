"""The outcome of a table's maintenance: plain data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Maintained:
    """A table has been maintained.

    Attributes:
        table: the table with its layer.
        files_before, files_after: the number of data files in the table.
        snapshots_before, snapshots_after: the number of snapshots that can be read.
        orphans: the number of deleted files that no snapshot needed.
        bytes_before, bytes_after: the size of all the table's files, including those of earlier snapshots.
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

    def to_json(self) -> str:
        """Return the outcome as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str | bytes) -> Maintained:
        """Return the outcome in a text.

        >>> outcome = Maintained("gold.sales", 12, 1, 9, 2, 0, 5_000, 700)
        >>> Maintained.parse(outcome.to_json()) == outcome
        True
        """
        return cls(**json.loads(text))
