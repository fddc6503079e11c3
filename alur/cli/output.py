"""Prints what operations report: as text for people, or as JSON lines for other programs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from math import isfinite
from typing import IO, Any, TypeVar

import click

from alur.cli.failures import report
from alur.cli.spinner import Spinner
from alur.cli.terminal import echo_prose
from alur.errors import AlurError
from alur.operations.events import Activity, ResourceBegun, ResourceEnded
from alur.project.user_output import stdout_to_stderr

_SHOWN_RESOURCES = 3
_Command = TypeVar("_Command", bound=Callable[..., None])


def json_option(command: _Command) -> _Command:
    """Add the option ``--json`` to a command."""
    text = "Print JSON for other programs: one object a line."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


class TextOutput:
    """Prints events as lines of text; on a terminal, with a spinner while an operation waits."""

    def __init__(self) -> None:
        self._spinner = Spinner("")
        self._activity = ""
        self._resources: dict[str, None] = {}

    def show(self, event: Any) -> None:
        """Print one event or result."""
        match event:
            case Activity(text):
                self._activity = text
            case ResourceBegun(address):
                self._resources[address] = None
            case ResourceEnded(address):
                self._resources.pop(address, None)
        # A run on this machine has a display of its own, and needs none of these.
        from alur.cli.event_text.texts import show

        self._update()
        show(event, self)

    def line(self, text: str = "") -> None:
        """Print lines of text, above the spinner."""
        self._spinner.echo(text)

    def problem(self, text: str) -> None:
        """Print lines about something that went wrong to standard error."""
        with self._spinner.paused():
            echo_prose(text, err=True)

    def failure(self, error: AlurError) -> None:
        """Print an error to standard error; with ``--debug``, print its traceback first."""
        with self._spinner.paused():
            report(error)

    def ask(self, question: str) -> bool:
        """Ask a question, and return whether the answer is yes."""
        with self._spinner.paused():
            return click.confirm(question)

    def _update(self) -> None:
        if not self._activity:
            self._spinner.stop()
            return
        waiting = [*self._resources][:_SHOWN_RESOURCES]
        self._spinner.update(self._activity + "".join(f"\n    {name}" for name in waiting))
        self._spinner.start()

    def close(self) -> None:
        """Remove the spinner."""
        self._spinner.stop()


class JsonOutput:
    """Prints each event as a line of JSON, with its kind as ``event``; leaves out what an operation waits for."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def show(self, event: Any) -> None:
        """Print one event or result."""
        if not isinstance(event, Activity):
            # The name of its class in snake case.
            self._print(re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower(), event)

    def failure(self, error: AlurError) -> None:
        """Print an error that ends the command, or each of several."""
        for problem in error.problems:
            self._print("error", problem)

    def ask(self, question: str) -> bool:
        """Ask a question on standard error, and return whether the answer is yes."""
        return click.confirm(question, err=True)

    def _print(self, kind: str, value: Any) -> None:
        line = json.dumps({"event": kind, **as_data(value)}, allow_nan=False)
        print(line, file=self._stream, flush=True)


Output = TextOutput | JsonOutput


@contextmanager
def output(*, as_json: bool) -> Iterator[Output]:
    """Yield the output that a command's ``--json`` asks for, and leave the terminal as it was.

    As JSON, an error that ends the command is the last line. What the project's own functions print goes to standard
    error, so that it does not tear the JSON.
    """
    if not as_json:
        with closing(TextOutput()) as text:
            yield text
        return
    with ExitStack() as stack:
        stream = sys.stdout
        with suppress(OSError):
            stream = stack.enter_context(open(os.dup(sys.stdout.fileno()), "w"))
        stack.enter_context(stdout_to_stderr())
        out = JsonOutput(stream)
        try:
            yield out
        except AlurError as error:
            out.failure(error)
            raise


def as_data(value: Any) -> Any:
    """Return a value as JSON has it: a dataclass or an error as an object, a time in ISO 8601, a set sorted.

    The object of a dataclass has its properties, too, such as ``holds`` of a proof.

    >>> as_data(ResourceEnded("aws_glue_job.job", None))
    {'address': 'aws_glue_job.job', 'change': None}
    """
    match value:
        case AlurError():
            place = str(value.where) if value.where else None
            return {"message": value.message, "where": place, "remedy": value.remedy}
        case float() if not isfinite(value):
            # JSON has no NaN and no infinity.
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(name): as_data(one) for name, one in value.items()}
        case set() | frozenset():
            return sorted(map(as_data, value), key=str)
        case list() | tuple():
            return [as_data(one) for one in value]
    if is_dataclass(value):
        members = vars(type(value)).items()
        names = [name for name, member in members if isinstance(member, property)]
        names = [field.name for field in fields(value)] + names
        return {name: as_data(getattr(value, name)) for name in names}
    return str(value)
