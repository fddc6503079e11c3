"""Finds the text of an event or a result: one function for each class, in the modules of this package."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Protocol

from alur.errors import AlurError


class Printer(Protocol):
    """Prints lines, and those about something that went wrong apart."""

    def line(self, text: str = "") -> None:
        """Print lines."""

    def problem(self, text: str) -> None:
        """Print lines about something that went wrong."""

    def failure(self, error: AlurError) -> None:
        """Print an error; with ``--debug``, print its traceback first."""


@singledispatch
def show(event: Any, to: Printer) -> None:
    """Print one event; print nothing of an event without a text."""
