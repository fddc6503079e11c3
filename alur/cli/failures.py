"""Shows errors in a terminal: the message, and with ``--debug`` the traceback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import click

from alur.cli.terminal import CROSS, ERROR, echo, echo_prose
from alur.errors import AlurError
from alur.text import counted

INTERRUPTED = 130
"""The exit code of a command ended by Ctrl-C, by the convention of shells."""

_BETWEEN = "\nThe above exception led to the following one:\n"


def report(error: AlurError) -> None:
    """Print an error, or each of several, to standard error; with ``--debug``, print the tracebacks first."""
    show_tracebacks(error.problems)
    if len(error.problems) == 1:
        echo_prose(f"{ERROR} {error.problems[0]}", err=True)
        return
    echo(f"{ERROR} {counted(len(error.problems), 'problem')}", err=True)
    for problem in error.problems:
        echo_prose(f"{CROSS} {problem}", err=True)


def show_tracebacks(errors: list[AlurError]) -> None:
    """Print the tracebacks of errors to standard error, if ``--debug`` is given."""
    if not click.get_current_context().find_root().params["debug"]:
        return
    for error in errors:
        echo(_BETWEEN.join(_tracebacks(error)), err=True)


def _tracebacks(error: BaseException) -> Iterator[str]:
    """Yield the traceback of an exception, after those of its causes."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = _origin(current)
    for one in reversed(chain):
        yield "".join(traceback.format_exception(one, chain=False))


def _origin(error: BaseException) -> BaseException | None:
    """Return the cause of an exception."""
    if error.__cause__ is not None:
        return error.__cause__
    # Alur raises `from None` if its message has all a user needs; --debug is for those who need more.
    hidden = error.__suppress_context__ and not isinstance(error, AlurError)
    return None if hidden else error.__context__
