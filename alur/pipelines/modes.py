"""Write modes: how a pipeline's write affects the rows of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

WriteModeName = Literal["overwrite", "append", "merge", "overwrite_partitions"]
"""The names of write modes in pipelines."""


class Rows(Enum):
    """A selection of a table's rows before a run."""

    NONE = "none"
    ALL = "all"
    OTHER_KEYS = "those whose key none of the new rows has"
    OTHER_PARTITIONS = "those whose partition none of the new rows falls into"


@dataclass(frozen=True, slots=True)
class WriteMode:
    """How a pipeline's rows enter its target.

    Attributes:
        keeps: the rows to keep; the new rows replace the others.
        needs_key: whether the target must have a key.
        needs_partitions: whether the target must be partitioned.
        takes_files: whether a source may be landing files.
    """

    name: WriteModeName
    keeps: Rows
    needs_key: bool = False
    needs_partitions: bool = False
    takes_files: bool = True

    @property
    def accumulates(self) -> bool:
        """Whether rows of earlier runs stay, so that each landing file is taken once."""
        return self.keeps in (Rows.ALL, Rows.OTHER_KEYS)

    @property
    def replaces_keys(self) -> bool:
        """Whether a new row replaces the row with the same key."""
        return self.keeps is Rows.OTHER_KEYS


WRITE_MODES: Mapping[str, WriteMode] = MappingProxyType(
    {
        mode.name: mode
        for mode in (
            WriteMode("overwrite", Rows.NONE),
            WriteMode("append", Rows.ALL),
            WriteMode("merge", Rows.OTHER_KEYS, needs_key=True),
            WriteMode(
                "overwrite_partitions",
                Rows.OTHER_PARTITIONS,
                needs_partitions=True,
                takes_files=False,
            ),
        )
    }
)
"""The write modes by name."""
