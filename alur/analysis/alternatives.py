"""Conditions that choose among many values: Sail turns them into one lookup by the values' bits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from alur.analysis.literals import literal_argument

AMONG_ZEROS = (
    "alternatives with zero",
    "Sail looks up four or more numbers by their bits, and tells -0.0 from 0.0",
)
"""The subject and the reason of a finding."""

_FEW = 3
"""The number of alternatives that Sail compares one by one."""


def chooses_among_zeros(condition: Any) -> bool:
    """Return whether a condition is one of four or more equalities, and compares with a zero."""
    equalities = [part for part in _alternatives(condition) if _name(part) == "=="]
    sides = [side for part in equalities for side in part.unresolved_function.arguments]
    return len(equalities) > _FEW and any(map(_is_zero, sides))


def _alternatives(condition: Any) -> Iterator[Any]:
    if _name(condition) == "or":
        for part in condition.unresolved_function.arguments:
            yield from _alternatives(part)
    else:
        yield condition


def _name(node: Any) -> str:
    name: str = node.unresolved_function.function_name
    return name.lower()


def _is_zero(node: Any) -> bool:
    argument = literal_argument(node.literal)
    return (
        argument is not None
        and isinstance(argument.value, int | float | Decimal)
        and not argument.value
    )
