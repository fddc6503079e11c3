"""The state of a table of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.runtime.tables.pyiceberg_data_files import local_path
from alur.runtime.tables.state import TableState

if TYPE_CHECKING:
    from pyiceberg.table import Table


def state_of(table: Table) -> TableState:
    """Return a table's state when it was loaded or last committed.

    Raises:
        EngineError: the table has types or partitions unknown to contracts.
    """
    return TableState.parse(local_path(table.metadata_location).read_bytes())
