"""A table's data-quality rules, as data.

They come from pydantic's constraints on a contract's fields. Back ends decide how to check them; this module defines
their meaning. A rule is about one column, or about the key. A null violates no rule except ``not_null``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

RuleKind = Literal[
    "not_null", "ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "one_of", "unique"
]

_WORDS: dict[RuleKind, str] = {
    "ge": "must be at least {}",
    "gt": "must be above {}",
    "le": "must be at most {}",
    "lt": "must be below {}",
    "min_length": "must be at least {} long",
    "max_length": "must be at most {} long",
    "pattern": "must match {}",
    "one_of": "must be one of {}",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on every row.

    Attributes:
        columns: the columns it is about; several only for ``unique``. A dot leads inwards: ``address.city`` is a struct's field,
            ``tags.element`` each of a list's elements, ``scores.value`` each of a map's values.
        value: the bound, length, pattern or tuple of allowed values; None for ``not_null`` and ``unique``.

    >>> rule = Rule("ge", ("amount",), 0)
    >>> rule.name, rule.describe()
    ('amount_ge', 'amount must be at least 0')
    """

    kind: RuleKind
    columns: tuple[str, ...]
    value: object = None

    @property
    def name(self) -> str:
        """The columns and the kind; dots lead inwards, so ``a.b_ge`` differs from the rule of a column ``a_b``."""
        return "_".join((*self.columns, self.kind))

    def describe(self) -> str:
        """Return the rule in words, for people."""
        subject = ", ".join(self.columns)
        if self.kind == "not_null":
            return f"{subject} must not be null"
        if self.kind == "unique":
            return f"{subject} must be unique"
        value = self.value
        shown = ", ".join(map(repr, value)) if isinstance(value, tuple) else str(value)
        return f"{subject} {_WORDS[self.kind].format(shown)}"


def names_of(rules: Iterable[Rule]) -> dict[Rule, str]:
    """Return a name for each of a table's rules; numbers distinguish several of one kind on one column.

    >>> list(names_of([Rule("ge", ("a", ), 0), Rule("ge", ("a",), 1)]).values())
    ['a_ge', 'a_ge_2']
    """
    names: dict[Rule, str] = {}
    taken: set[str] = set()
    for rule in dict.fromkeys(rules):
        name, count = rule.name, 1
        while name in taken:
            count += 1
            name = f"{rule.name}_{count}"
        taken.add(name)
        names[rule] = name
    return names
