"""Finds snapshots that a killed run has left: it had dropped their branch, and not yet expired them."""

from __future__ import annotations

from datetime import datetime

from alur.runtime.tables.provenance import Provenance
from alur.runtime.tables.state import TableState


def stray_snapshots(state: TableState, before: datetime) -> set[int]:
    """Return the ids of the snapshots of runs that were never current, and that no branch or tag holds.

    Other tools stage snapshots on purpose, without a branch.

    Args:
        state: a table's state.
        before: spare snapshots committed later.
    """
    history = state.snapshot_history
    return {
        number
        for number in history.never_current() - history.held()
        if history.committed[number] < before.timestamp() * 1000
        and Provenance.parse(state.snapshots[number].summary) is not None
    }
