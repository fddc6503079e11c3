"""Fingerprints of what pipelines mean, compared between the last run and now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PART = 4
_TEXT = re.compile(r"(?P<whole>[0-9a-f]{16})(?:\.(?P<parts>(?:[0-9a-f]{4})+))?")


@dataclass(frozen=True, slots=True)
class PlanFingerprint:
    """A fingerprint that changes with a pipeline's meaning, not with its text.

    Attributes:
        whole: sixteen hexadecimal digits.
        rows: four for which rows there are; empty if the plan does not show it.
        columns: four for each column, in the order of the columns' names.

    >>> str(PlanFingerprint("789c10788ec82f17", "a1b2", ("0000", "ffff")))
    '789c10788ec82f17.a1b20000ffff'
    """

    whole: str
    rows: str = ""
    columns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> PlanFingerprint:
        """Return the fingerprint of a text.

        Raises:
            ValueError: it has another form.

        >>> PlanFingerprint.parse("789c10788ec82f17.a1b20000ffff").columns
        ('0000', 'ffff')
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a fingerprint of a plan")
        parts = match["parts"] or ""
        rows, *columns = (
            (parts[n : n + _PART] for n in range(0, len(parts), _PART)) if parts else [""]
        )
        return cls(match["whole"], rows, tuple(columns))

    def __str__(self) -> str:
        parts = self.rows + "".join(self.columns)
        return f"{self.whole}.{parts}" if parts else self.whole

    def changed_columns(
        self, before: PlanFingerprint, names: Iterable[str], names_before: Iterable[str]
    ) -> frozenset[str] | None:
        """Return the columns with another meaning than before; None if other rows may be there.

        Args:
            names: the columns' names now.
            names_before: their names at the earlier fingerprint.

        >>> old, new = PlanFingerprint("1" * 16, "a1b2", ("0000", "ffff")), PlanFingerprint("2" * 16, "a1b2", ("0000", "eeee"))
        >>> new.changed_columns(old, ["id", "total"], ["id", "total"])
        frozenset({'total'})
        """
        if self.whole == before.whole:
            return frozenset()
        now = dict(zip(sorted(names), self.columns, strict=False))
        then = dict(zip(sorted(names_before), before.columns, strict=False))
        if not self.rows or self.rows != before.rows or len(then) != len(before.columns):
            return None
        changed = frozenset(n for n in now | then if now.get(n) != then.get(n))
        # Something has changed that no part shows.
        return changed or None


def part_of(digest: str) -> str:
    """Return the first digits of a digest, for a part of a fingerprint."""
    return digest[:_PART]
