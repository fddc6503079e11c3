"""The one way to the terminal: colours where they are wanted, and no data that a terminal would obey."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from typing import IO, Any

import click

from alur.text import UNSEEN, visible

_CODES = {"green": "\x1b[32m", "red": "\x1b[31m", "yellow": "\x1b[33m", "bold": "\x1b[1m"}
_RESET = "\x1b[0m"
# Styles travel within text as noncharacters: an escape sequence in a text can only be data, and is written out.
_MARKS = {name: chr(0xFDD0 + position) for position, name in enumerate(_CODES)}
_END = "\ufdef"
_STYLED = re.compile(rf"([{''.join(_MARKS.values())}])([^\ufdd0-\ufdef]*){_END}")
_COMMAND = re.compile(r"\balur(?: --debug)? [a-z]+(?: [\w.-]+)?(?: --[\w-]+(?: [\w./-]+)?)*")
_JOINED = "\ufdee"
_CODE_OF_MARK = {mark: _CODES[name] for name, mark in _MARKS.items()}


def style(text: str, name: str) -> str:
    """Return text that :func:`echo` shows in a style.

    Args:
        name: ``green``, ``red``, ``yellow`` or ``bold``.
    """
    return f"{_MARKS[name]}{text}{_END}"


OK = style("[OK]", "green")
ERROR = style("[ERROR]", "red")
TICK = style("✓", "green")
CROSS = style("✗", "red")
NOTE = style("!", "yellow")


def echo(text: str = "", *, err: bool = False) -> None:
    """Print lines, with their control characters written out.

    Args:
        text: may hold what :func:`style` returned.
        err: whether it goes to standard error.
    """
    colours = is_coloured(sys.stderr if err else sys.stdout)
    dressed = _STYLED.sub(_with_codes if colours else _without_codes, visible(text))
    click.echo(dressed, err=err, color=True)


def echo_json(data: Any) -> None:
    """Print data as JSON, in which control characters are escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    click.echo(UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def echo_prose(text: str, *, err: bool = False) -> None:
    """Print lines as :func:`echo` does; a terminal gets those that it is too narrow for broken between words.

    A command such as ``alur run --all --env local`` stays whole: half of one must not be copied.
    """
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        echo(text, err=err)
        return
    width = os.get_terminal_size(stream.fileno()).columns or 80
    echo("\n".join(part for line in text.split("\n") for part in _broken(line, width)), err=err)


def tick(text: str) -> None:
    """Print a line for something that holds."""
    echo(f"  {TICK} {text}")


def note(text: str) -> None:
    """Print a line for something that stops nothing, but that a reader should know."""
    echo_prose(f"  {NOTE} {text}")


def is_coloured(stream: IO[Any]) -> bool:
    """Return whether colours are wanted on a stream (https://no-color.org, http://bixense.com/clicolors)."""
    refused = os.environ.get("NO_COLOR") or os.environ.get("CLICOLOR") == "0"
    return not refused and is_capable(stream)


def is_capable(stream: IO[Any]) -> bool:
    """Return whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _broken(line: str, width: int) -> list[str]:
    """Return a line in as many parts as a width asks for, those after the first indented."""
    indentation = " " * (len(line) - len(line.lstrip()) + 2)
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", _JOINED), line)
    parts = textwrap.wrap(
        whole,
        width,
        subsequent_indent=indentation,
        expand_tabs=False,
        replace_whitespace=False,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_JOINED, " ") for part in parts] or [line]


def _with_codes(found: re.Match[str]) -> str:
    return f"{_CODE_OF_MARK[found[1]]}{found[2]}{_RESET}"


def _without_codes(found: re.Match[str]) -> str:
    return found[2]
