"""The common base of the readers of a plan's parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alur.analysis.columns import Schema
from alur.analysis.expressions import ExpressionReader
from alur.analysis.findings import Findings

Reader = Callable[[Any], Schema]
"""Returns the columns of a relation."""

NO_SCHEMA = Schema(())
"""The schema of an unreadable relation."""


class PartReader:
    """Reads the relations of some kinds.

    Args:
        read: returns the columns of any relation.
    """

    def __init__(self, findings: Findings, read: Reader, expressions: ExpressionReader) -> None:
        self._findings = findings
        self._read = read
        self._expressions = expressions

    @property
    def readers(self) -> Mapping[str, Reader]:
        """The reader of each kind of relation."""
        raise NotImplementedError
