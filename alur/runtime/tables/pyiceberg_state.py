"""The state of a table of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur.runtime.tables.state import TableState

if TYPE_CHECKING:
    from pyiceberg.table import Table


def state_of(table: Table) -> TableState:
    """Return a table's state when it was loaded or last committed, without its earlier snapshots.

    Raises:
        EngineError: the table has types or partitions unknown to contracts.
    """
    current = table.current_snapshot()
    without_history = {
        "snapshots": [current] if current else [],
        "snapshot_log": [],
        "metadata_log": [],
    }
    return TableState.parse(table.metadata.model_copy(update=without_history).model_dump_json())


def whole_state_of(table: Table) -> TableState:
    """Return a table's state with its earlier snapshots; it costs more with each.

    Raises:
        EngineError: as :func:`state_of`.
    """
    return TableState.parse(table.metadata.model_dump_json())
