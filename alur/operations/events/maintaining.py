"""Events of the maintenance of tables."""

from __future__ import annotations

from dataclasses import dataclass

from alur.errors import AlurError
from alur.runtime.tables.maintained import Maintained

__all__ = ["Maintained", "MaintenanceFailed"]


@dataclass(frozen=True, slots=True)
class MaintenanceFailed:
    """A table could not be maintained; its rows are unchanged.

    Attributes:
        table: the table with its layer.
    """

    table: str
    error: AlurError
