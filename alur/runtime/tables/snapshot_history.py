"""Decides which snapshots of a table expire, whichever engine keeps the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from alur.contracts.retention import Retention


@dataclass(frozen=True, slots=True)
class SnapshotHistory:
    """When the snapshots of a table came and went, in milliseconds since 1970.

    Attributes:
        committed: the time of each present snapshot, by id.
        log: each snapshot that became current, with the time, in this order.
        named: the heads of branches, and tags.
    """

    committed: Mapping[int, int] = field(default_factory=dict)
    log: tuple[tuple[int, int], ...] = ()
    named: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, metadata: Mapping[str, Any]) -> SnapshotHistory:
        """Return the history in a metadata file (https://iceberg.apache.org/spec/#table-metadata-fields)."""
        current = metadata.get("current-snapshot-id")
        references = metadata.get("refs", {"main": {"snapshot-id": current}})
        return cls(
            {s["snapshot-id"]: s["timestamp-ms"] for s in metadata.get("snapshots", ())},
            tuple((e["snapshot-id"], e["timestamp-ms"]) for e in metadata.get("snapshot-log", ())),
            frozenset(reference["snapshot-id"] for reference in references.values()),
        )

    def expired(self, retention: Retention, now: datetime) -> set[int]:
        """Return the ids of the snapshots to expire; none before an expiry is due.

        A snapshot's age counts from its replacement: a reader may have opened it a moment before that. The age of one
        that was never current, such as an earlier one of a branch, counts from its commit.
        """
        replaced = dict(self.committed)
        replaced |= {old: at for (old, _), (_, at) in pairwise(self.log)}
        latest = dict.fromkeys(number for number, _ in reversed(self.log))
        stay = {*self.named, *list(latest)[: retention.snapshots]}
        ages = {
            number: now.timestamp() - replaced[number] / 1000
            for number in self.committed
            if number not in stay
        }
        keep = retention.keep.total_seconds()
        if max(ages.values(), default=0) <= keep + retention.every.total_seconds():
            return set()
        return {number for number, seconds in ages.items() if seconds > keep}
