"""The lines of a plan's page, without a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_SHOWN = 12

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


def some(names: Iterable[str], most: int = _SHOWN) -> tuple[str, ...]:
    """Return the first of some names, and how many more there are.

    >>> some("abcd", 2)
    ('a', 'b', 'and 2 more')
    """
    listed = list(names)
    more = len(listed) - most
    return (*listed[:most], f"and {more:,} more") if more > 0 else tuple(listed)
