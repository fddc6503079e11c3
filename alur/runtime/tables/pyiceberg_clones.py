"""Finds the files of a table that clones of its environment need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.exceptions import ValidationError
from pyiceberg.table import StaticTable

from alur.errors import EngineError
from alur.project.clones import Clone, clones_of, descendants
from alur.project.settings import LOCAL
from alur.runtime.engines.errors import reason
from alur.runtime.tables.local_clones import hold_clones
from alur.runtime.tables.local_states import metadata_files
from alur.runtime.tables.pyiceberg_manifests import files_of_snapshots

if TYPE_CHECKING:
    from pyiceberg.table import Table

FilesNeeded = Callable[["Table"], AbstractContextManager[set[str]]]
"""Gives the names of the files that other tables need of a table; within the block, no further one begins to."""


def no_files_needed(_: Table) -> AbstractContextManager[set[str]]:
    """Return that no other table needs files of this one."""
    return nullcontext(set())


@dataclass(frozen=True, slots=True)
class Clones:
    """The clones of an environment on this machine; can be sent to another process.

    Attributes:
        root: the project's folder.
        environment: the name of the environment that they are made from.
    """

    root: Path
    environment: str

    def refuse_dropped(self) -> None:
        """Raise an error if the environment is one that was dropped while a run used it.

        Raises:
            EngineError: it is gone.
        """
        if self.environment != LOCAL and self.environment not in clones_of(self.root):
            raise EngineError(
                f"the environment {self.environment} was dropped meanwhile",
                remedy=f"make it again: alur new-env {self.environment}",
            )

    @contextmanager
    def files_needed(self, table: Table) -> Iterator[set[str]]:
        """Yield the names of files needed by snapshots of clones that the table itself no longer has.

        Until the end, no clone is made or dropped. The runs of a clone continue: they begin to need no further file of
        another environment.

        Raises:
            EngineError: a clone's table cannot be read, so it is not known which files it needs.
        """
        with hold_clones(self.root):
            clones = descendants(self.environment, clones_of(self.root).values())
            yield {name for clone in clones for name in _needed_by(clone, table)}


def _needed_by(clone: Clone, table: Table) -> Iterator[str]:
    try:
        address = metadata_files(clone.warehouse / "catalog.db").get(".".join(table.name()))
        if address is None:
            return
        cloned = StaticTable.from_metadata(address)
        own = {snapshot.snapshot_id for snapshot in table.metadata.snapshots}
        others = [s for s in cloned.metadata.snapshots if s.snapshot_id not in own]
        for location in files_of_snapshots(cloned, others):
            # File names carry UUIDs.
            yield location.rpartition("/")[2]
    except (OSError, ValueError, ValidationError) as error:
        raise EngineError(
            f"the files that the environment {clone.name} needs are not known: {reason(error)}",
            remedy=f"if it is damaged, drop it: alur drop-env {clone.name}",
        ) from error
