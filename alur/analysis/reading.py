"""What the readers of a plan's parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alur.analysis.columns import Schema
from alur.analysis.expressions import ExpressionReader
from alur.analysis.findings import Findings

Reader = Callable[[Any], Schema]
"""Gives the columns of a relation."""

NO_SCHEMA = Schema(())
"""Of a relation that cannot be read."""


class PartReader:
    """Reads the relations of some kinds.

    Args:
        read: gives the columns of any relation.
    """

    def __init__(self, findings: Findings, read: Reader, expressions: ExpressionReader) -> None:
        self._findings = findings
        self._read = read
        self._expressions = expressions

    @property
    def readers(self) -> Mapping[str, Reader]:
        """What reads each kind of relation."""
        raise NotImplementedError
