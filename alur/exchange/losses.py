"""What a contract cannot say of a description by another tool."""

from __future__ import annotations

from dataclasses import dataclass

from alur.contracts.contract import Contract


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
        return f"{self.subject}: {self.message}"


@dataclass(frozen=True, slots=True)
class Imported:
    """A contract as another tool describes it.

    Attributes:
        losses: what of the description it cannot say.
    """

    contract: Contract
    losses: tuple[Loss, ...] = ()
