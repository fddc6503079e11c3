"""What the guard finds in a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from alur.errors import Location


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of which nobody knows that Sail gives Spark's rows.

    Attributes:
        subject: what it is, as a user would call it.
        reason: what is known.
        where: the user's line; None where it is not known.
        is_unresolved: whether it is a name that stands for no column that is known.
    """

    subject: str
    reason: str
    where: Location | None = None
    is_unresolved: bool = False

    def __str__(self) -> str:
        """What a notice says."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.subject}: {self.reason}"


@dataclass
class Findings:
    """Collects what is found, each thing once.

    Attributes:
        line_of: the user's line that made a node of the plan; None where it is not known.
    """

    line_of: Callable[[Any], Location | None] = lambda _: None
    found: dict[Finding, None] = field(default_factory=dict)
    _text: Any = None
    _relation: Any = None

    def add(self, subject: str, reason: str, node: Any, *, is_unresolved: bool = False) -> None:
        """Add what is found at a node of the plan."""
        nodes = (self._text or node, self._relation)
        lines = (self.line_of(node) for node in nodes if node is not None)
        where = next(filter(None, lines), None)
        self.found[Finding(subject, reason, where, is_unresolved)] = None

    @contextmanager
    def of_text(self, node: Any) -> Iterator[None]:
        """Have what is found meanwhile stand at the node whose SQL text is being read."""
        before, self._text = self._text, self._text or node
        try:
            yield
        finally:
            self._text = before

    @contextmanager
    def of_relation(self, node: Any) -> Iterator[None]:
        """Have what is found meanwhile stand at a relation, where its own node's line is not known."""
        before, self._relation = self._relation, node
        try:
            yield
        finally:
            self._relation = before
