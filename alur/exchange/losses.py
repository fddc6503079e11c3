"""What a contract cannot say of a description by another tool."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass

from alur.contracts.contract import Contract

_LONGEST = 300
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist = 3, 5, 6
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 100


def brief(value: object) -> str:
    """Return a value of a document as a short text.

    >>> brief("a"), brief(["x" * 1000] * 1000)[-9:]
    ("'a'", "xx', ...]")
    """
    return _SHORT.repr(value)


def short(text: str) -> str:
    """Return a text of a document, cut after some lines' length.

    >>> short("a" * 1000)[-3:]
    'aa…'
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that an import leaves out.

    Attributes:
        subject: the table, or the column as ``table.column``.
        message: what is left out, and why.
        of_rows: whether rows of the table need it: a column, its type or its partitioning.
    """

    subject: str
    message: str
    of_rows: bool = False

    def __str__(self) -> str:
        return f"{short(self.subject)}: {short(self.message)}"


@dataclass(frozen=True, slots=True)
class Imported:
    """A contract as another tool describes it.

    Attributes:
        losses: what of the description it cannot say.
    """

    contract: Contract
    losses: tuple[Loss, ...] = ()
