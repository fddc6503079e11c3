"""The guard's findings in a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from alur.errors import Location


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of a plan for which Sail may not give Spark's rows.

    Attributes:
        subject: the part, in a user's words.
        reason: why it is not certified.
        where: the user's line; None if unknown.
        is_unresolved: whether it is a name without a known column.
        remedy: what helps, for such a name.
    """

    subject: str
    reason: str
    where: Location | None = None
    is_unresolved: bool = False
    remedy: str | None = None

    def __str__(self) -> str:
        """Return the text of a notice."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.subject}: {self.reason}"


@dataclass
class Findings:
    """Collects findings, each of them once.

    Attributes:
        line_of: returns the user's line behind a node of the plan; None if unknown.
    """

    line_of: Callable[[Any], Location | None] = lambda _: None
    entries: dict[Finding, None] = field(default_factory=dict)
    _text: Any = None
    _relation: Any = None

    def add(self, subject: str, reason: str, node: Any) -> None:
        """Add a finding at a node of the plan."""
        self.entries[Finding(subject, reason, self._line(node))] = None

    def add_unresolved(self, subject: str, reason: str, node: Any, remedy: str) -> None:
        """Add a name without a known column."""
        self.entries[Finding(subject, reason, self._line(node), True, remedy)] = None

    def _line(self, node: Any) -> Location | None:
        nodes = (self._text or node, self._relation)
        lines = (self.line_of(node) for node in nodes if node is not None)
        return next(filter(None, lines), None)

    @contextmanager
    def of_text(self, node: Any) -> Iterator[None]:
        """Attribute findings meanwhile to the node whose SQL text is being read."""
        before, self._text = self._text, self._text or node
        try:
            yield
        finally:
            self._text = before

    @contextmanager
    def of_relation(self, node: Any) -> Iterator[None]:
        """Attribute findings meanwhile to a relation, if the line of their own node is unknown."""
        before, self._relation = self._relation, node
        try:
            yield
        finally:
            self._relation = before
