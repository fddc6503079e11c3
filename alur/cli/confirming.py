"""Asks for confirmation."""

from __future__ import annotations

import sys

from alur.cli.output import Output
from alur.errors import AlurError


def confirmed(question: str, output: Output, *, auto_approve: bool) -> bool:
    """Ask for confirmation, unless it was given in advance; return the answer.

    Raises:
        AlurError: standard input is not a terminal.
    """
    if auto_approve:
        return True
    if not sys.stdin.isatty():
        raise AlurError(
            "cannot ask for confirmation: stdin is not a terminal",
            remedy="confirm in advance with --auto-approve",
        )
    return output.ask(question)
