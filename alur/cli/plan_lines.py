"""The lines of a plan's page, without a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["+", "~", "±", "-", "!", ""]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of a section.

    Attributes:
        mark: ``+`` is new, ``~`` changes, ``±`` is replaced, ``-`` goes, ``!`` needs attention.
        details: lines below it.
    """

    mark: Mark
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanSection:
    """A part of the page."""

    title: str
    lines: tuple[PlanLine, ...]
