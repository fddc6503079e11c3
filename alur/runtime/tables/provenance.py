"""The record of a run in its table: who wrote the rows, and from what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alur.lineage.digests import digest

_RUN = "alur.run-id"
_PIPELINE = "alur.pipeline"
_CODE = "alur.code-version"
_FINGERPRINT = "alur.fingerprint"
_PLAN = "alur.plan"
_READ = "alur.read."
_MEANT = "alur.meant."
_CONFIRMED = "alur.confirmed"
_SNAPSHOT = "snapshot-id"
_RETRY = re.compile(r"_attempt_[0-9]+$")
"""What Glue adds to the id of a run that it starts again."""


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """A run of a pipeline.

    Attributes:
        code_version: of the project's modules.
        plan: the fingerprint of what the pipeline meant, as text; None if it was not known.
        retry_of: the ids of the runs that it repeats; no record has them.
    """

    run_id: str
    pipeline: str
    code_version: str
    plan: str | None = None
    retry_of: tuple[str, ...] = ()

    def repeats(self, other: RunIdentity) -> bool:
        """Return whether the other is an attempt of the same run, or of one that this run repeats.

        >>> first = RunIdentity("jr_1", "load", "84c1")
        >>> RunIdentity("jr_1_attempt_1", "load", "84c1").repeats(first)
        True
        >>> RunIdentity("jr_3", "load", "84c1", retry_of=("jr_1", "jr_2")).repeats(first)
        True
        """
        ids = {_RETRY.sub("", run_id) for run_id in (self.run_id, *self.retry_of)}
        return _RETRY.sub("", other.run_id) in ids and self.pipeline == other.pipeline


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the rows of a commit come from.

    Attributes:
        snapshots_read: the ids of the sources' snapshots, by ``layer.table``.
        meanings_read: the :attr:`meaning` of the run behind each of them, where it was known. Snapshots expire, this stays.
        fingerprint: of all rows of the table; None if the commit kept earlier ones.
    """

    run: RunIdentity
    snapshots_read: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str | None = None
    meanings_read: Mapping[str, str] = field(default_factory=dict)

    @property
    def meaning(self) -> str | None:
        """The digest of what the run meant and of what it read meant; None if its plan is not known."""
        return meaning_of(self.run.plan, self.meanings_read)

    def summary(self) -> dict[str, str]:
        """Return the entries of a snapshot's summary.

        >>> Provenance(RunIdentity("1f0c", "clean", "84c1"), {"bronze.orders": 7}).summary()["alur.read.bronze.orders"]
        '7'
        """
        entries = {
            _RUN: self.run.run_id,
            _PIPELINE: self.run.pipeline,
            _CODE: self.run.code_version,
            **{f"{_READ}{table}": f"{id}" for table, id in self.snapshots_read.items()},
            **{f"{_MEANT}{table}": meaning for table, meaning in self.meanings_read.items()},
        }
        known = {_FINGERPRINT: self.fingerprint, _PLAN: self.run.plan}
        return entries | {name: value for name, value in known.items() if value}

    def is_repeated_by(self, other: Provenance) -> bool:
        """Return whether another run has the same code and sources."""
        return (self.run.pipeline, self.run.code_version, self.snapshots_read) == (
            other.run.pipeline,
            other.run.code_version,
            other.snapshots_read,
        )

    def confirming(self, snapshot_id: int) -> dict[str, str]:
        """Return the table property for a run that found the rows of a snapshot to be those it would write."""
        return {_CONFIRMED: json.dumps({_SNAPSHOT: f"{snapshot_id}", **self.summary()})}

    @classmethod
    def confirmed(cls, properties: Mapping[str, str], snapshot_id: int) -> Provenance | None:
        """Return the record of the last run that found a snapshot's rows to be its own; None if there is none."""
        record: dict[str, str] = json.loads(properties.get(_CONFIRMED, "{}"))
        return cls.parse(record) if record.get(_SNAPSHOT) == f"{snapshot_id}" else None

    @classmethod
    def parse(cls, summary: Mapping[str, str]) -> Provenance | None:
        """Return the record in a snapshot's summary; None if another tool wrote the snapshot."""
        if not {_RUN, _PIPELINE, _CODE} <= summary.keys():
            return None
        run = RunIdentity(summary[_RUN], summary[_PIPELINE], summary[_CODE], summary.get(_PLAN))
        reads = {table: int(id) for table, id in _by_table(summary, _READ)}
        return cls(run, reads, summary.get(_FINGERPRINT), dict(_by_table(summary, _MEANT)))


def meaning_of(plan: str | None, sources: Mapping[str, str]) -> str | None:
    """Return sixteen hexadecimal digits that change with a pipeline's meaning, or with that of a pipeline before it.

    Args:
        plan: the fingerprint of the pipeline's plan, as text; None if it is not known.
        sources: the meanings of the pipelines that write its sources, by ``layer.table``.

    >>> meaning_of("789c10788ec82f17.a1b2", {}) == meaning_of("789c10788ec82f17", {})
    True
    >>> meaning_of("789c10788ec82f17", {}) == meaning_of("789c10788ec82f17", {"bronze.orders": "0" * 16})
    False
    """
    if plan is None:
        return None
    whole, _, _ = plan.partition(".")
    return digest(whole, *sorted(sources.items()))


def _by_table(summary: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    return ((n.removeprefix(prefix), v) for n, v in summary.items() if n.startswith(prefix))
