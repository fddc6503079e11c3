"""How a value uses columns of a pipeline's sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from alur.contracts.contract import LAYERS

How = Literal["condition", "copy", "value", "aggregate", "window"]
"""How a value uses a column: it chooses between values by it, copies it, or computes with it, in an aggregate or a window.

The stronger use comes later: a column that is both copied and aggregated counts as aggregated.
"""
HOWS: tuple[How, ...] = get_args(How)

Reason = Literal["filter", "join", "group", "distinct", "order", "explode", "set", "function"]
"""Why a column decides the rows."""

FROM: Mapping[How, str] = MappingProxyType(
    {
        "condition": "chosen by",
        "copy": "copied from",
        "value": "computed from",
        "aggregate": "aggregated from",
        "window": "computed in a window from",
    }
)
"""The uses in words, before the used column."""
TO: Mapping[How, str] = MappingProxyType(
    {
        "copy": "copied to",
        "value": "used to compute",
        "aggregate": "aggregated into",
        "window": "used in a window for",
        "condition": "chooses the value of",
    }
)
"""The uses in words, before the column that uses it."""
_REASONS: Mapping[Reason, str] = MappingProxyType(
    {"set": "set operation", "order": "order and limit", "function": "Python function"}
)


def in_words(reasons: Iterable[Reason]) -> str:
    """Return in words why a column decides the rows.

    >>> in_words(["order", "group"])
    'group, order and limit'
    """
    return ", ".join(_REASONS.get(reason, reason) for reason in sorted(reasons))


class SourceColumn(NamedTuple):
    """A column of a pipeline's source.

    Attributes:
        table: ``layer.table``, or the pattern of landing files.
    """

    table: str
    column: str

    def __str__(self) -> str:
        layer, _, name = self.table.partition(".")
        is_table = layer in LAYERS and name.isidentifier()
        return f"{self.table}.{self.column}" if is_table else f"{self.column} of {self.table}"


Uses = Mapping[SourceColumn, How]
"""The columns used by a value, and how."""
Deciders = Mapping[SourceColumn, frozenset[Reason]]
"""The columns that decide which rows there are, and why."""

JoinedColumns = tuple[SourceColumn, SourceColumn]
"""Two columns that a join compares for equality, or columns in such values."""

NONE: Uses = MappingProxyType({})


def union(all_uses: Iterable[Uses]) -> Uses:
    """Return the uses of several values, the strongest of each column.

    >>> amount = SourceColumn("silver.orders", "amount")
    >>> union([{amount: "copy"}, {amount: "aggregate"}])[amount]
    'aggregate'
    """
    result: dict[SourceColumn, How] = {}
    for uses in all_uses:
        for column, how in uses.items():
            result[column] = max(how, result.get(column, how), key=HOWS.index)
    return result


def used_as(uses: Uses, how: How) -> Uses:
    """Return uses that are at least as strong as ``how``; a condition stays one."""
    return {
        column: now if now == "condition" else max(now, how, key=HOWS.index)
        for column, now in uses.items()
    }


def as_condition(uses: Uses) -> Uses:
    """Return uses by which only a choice is made."""
    return dict.fromkeys(uses, "condition")


def deciding(uses: Iterable[SourceColumn], reason: Reason) -> Deciders:
    """Return columns as deciders of the rows."""
    return dict.fromkeys(uses, frozenset([reason]))


def joined(left: Uses, right: Uses) -> list[JoinedColumns]:
    """Return the pairs of different columns in two values that a join compares.

    >>> [order, customer] = SourceColumn("silver.orders", "customer"), SourceColumn("silver.customers", "id")
    >>> joined({order: "copy"}, {customer: "copy"}) == [(order, customer)]
    True
    """
    return [(one, other) for one in left for other in right if one != other]


def all_deciders(parts: Iterable[Deciders]) -> Deciders:
    """Return the deciders of several relations."""
    result: dict[SourceColumn, frozenset[Reason]] = {}
    for deciders in parts:
        for column, reasons in deciders.items():
            result[column] = result.get(column, frozenset()) | reasons
    return result
