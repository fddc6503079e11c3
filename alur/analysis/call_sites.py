"""The user's lines behind a plan's nodes. PySpark 3.5 does not keep them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

from alur.errors import Location

_INSTALLED = "_alur_call_sites"


@dataclass
class CallSites:
    """Remembers the line behind each expression and relation.

    Attributes:
        root: the folder whose files are the user's.
    """

    root: Path
    client: Any
    _expressions: list[tuple[Any, str, int]] = field(default_factory=list)
    _relations: dict[int, Location] = field(default_factory=dict)

    def note_expression(self, expression: Any) -> None:
        """Remember the current line for an expression."""
        if line := self._line():
            self._expressions.append((expression, *line))

    def note_relation(self, relation: Any) -> None:
        """Remember the current line for a relation."""
        if line := self._line():
            self._relations[relation._plan_id] = Location(*line)

    def line_of(self, node: Any) -> Location | None:
        """Return the line behind a node of a plan; None if it is unknown."""
        if node.DESCRIPTOR.name == "Relation":
            return self._relations.get(node.common.plan_id)
        return self._by_content.get(node.SerializeToString(deterministic=True))

    @cached_property
    def _by_content(self) -> dict[bytes, Location]:
        """The first line behind each expression, by the expression's content in the plan."""
        lines: dict[bytes, Location] = {}
        for expression, path, line in self._expressions:
            content = expression.to_plan(self.client).SerializeToString(deterministic=True)
            lines.setdefault(content, Location(path, line))
        return lines

    @cached_property
    def _prefix(self) -> str:
        return f"{self.root}/"

    def _line(self) -> tuple[str, int] | None:
        frame = sys._getframe(3)
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(self._prefix) and "site-packages" not in path:
                return path, frame.f_lineno
            frame = frame.f_back  # type: ignore[assignment]
        return None


_CURRENT: ContextVar[CallSites | None] = ContextVar("call sites", default=None)


@contextmanager
def recorded_call_sites(root: Path, client: Any) -> Iterator[CallSites]:
    """Record, in this thread, the lines of a project's code behind nodes of plans."""
    from pyspark.sql.connect.expressions import Expression
    from pyspark.sql.connect.plan import LogicalPlan

    _note(Expression, CallSites.note_expression)
    _note(LogicalPlan, CallSites.note_relation)
    sites = CallSites(root.resolve(), client)
    token = _CURRENT.set(sites)
    try:
        yield sites
    finally:
        _CURRENT.reset(token)


def _note(kind: Any, note: Callable[[CallSites, Any], None]) -> None:
    """Patch a class to note each new object."""
    if _INSTALLED in vars(kind):
        return
    setattr(kind, _INSTALLED, True)
    original_init = kind.__init__

    @wraps(original_init)
    def construct(self: Any, *arguments: Any, **named: Any) -> None:
        original_init(self, *arguments, **named)
        if sites := _CURRENT.get():
            note(sites, self)

    kind.__init__ = construct
