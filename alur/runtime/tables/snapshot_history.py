"""Decides which snapshots of a table expire, whichever engine keeps the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        parents: the snapshot on which each present one builds, by id.
    """

    committed: Mapping[int, int] = field(default_factory=dict)
    log: tuple[tuple[int, int], ...] = ()
    named: frozenset[int] = frozenset()
    parents: Mapping[int, int | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, metadata: Mapping[str, Any]) -> SnapshotHistory:
        """Return the history in a metadata file (https://iceberg.apache.org/spec/#table-metadata-fields)."""
        current = metadata.get("current-snapshot-id")
        references = metadata.get("refs", {"main": {"snapshot-id": current}})
        return cls(
            {s["snapshot-id"]: s["timestamp-ms"] for s in metadata.get("snapshots", ())},
            tuple((e["snapshot-id"], e["timestamp-ms"]) for e in metadata.get("snapshot-log", ())),
            frozenset(reference["snapshot-id"] for reference in references.values()),
            {s["snapshot-id"]: s.get("parent-snapshot-id") for s in metadata.get("snapshots", ())},
        )

    def never_current(self) -> set[int]:
        """Return the ids of the snapshots that were certainly never current: they began at one that was.

        A replaced table has lost its log, which said this of its earlier snapshots.
        """
        current = self._with_ancestors(number for number, _ in self.log)
        others: set[int] = set()
        for number in sorted(self.committed, key=self.committed.__getitem__):
            if number not in current and self.parents.get(number) in current | others:
                others.add(number)
        return others

    def held(self) -> set[int]:
        """Return the ids of the snapshots that a branch or a tag refers to, and those on which these build."""
        return self._with_ancestors(self.named)

    def _with_ancestors(self, heads: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for head in heads:
            number: int | None = head
            while number is not None and number not in found:
                found.add(number)
                number = self.parents.get(number)
        return found

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
