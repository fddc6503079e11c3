"""The common base of the tracers of a plan's relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alur.lineage.expressions import ExpressionTracer, Scope
from alur.lineage.traced import Relation, Traced

Tracer = Callable[[Any], Relation]
"""Returns the relation of a node."""


class PartTracer:
    """Traces the relations of some kinds.

    Args:
        trace: returns the relation of any node.
    """

    def __init__(self, trace: Tracer, expressions: ExpressionTracer) -> None:
        self._trace = trace
        self._expressions = expressions

    @property
    def tracers(self) -> Mapping[str, Tracer]:
        """The tracer of each kind of relation."""
        raise NotImplementedError

    def _values(self, nodes: Sequence[Any], relation: Relation) -> list[Traced]:
        return [self._expressions.trace(node, Scope(relation)) for node in nodes]
