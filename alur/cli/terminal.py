"""Prints all output: in colour where that is wanted, and with control characters in data escaped."""

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
# Styles are noncharacters within the text, so an escape sequence in it can only be data, and is escaped.
_MARKS = {name: chr(0xFDD0 + position) for position, name in enumerate(_CODES)}
_END = "\ufdef"
_STYLED = re.compile(rf"([{''.join(_MARKS.values())}])([^\ufdd0-\ufdef]*){_END}")
_WHOLE = re.compile(
    r"\balur(?: --debug)? [a-z]+(?:-[a-z]+)?(?: [\w.-]+)?(?: --[\w-]+(?: [\w./-]+)?)*|\bcron\([^)]*\)"
)
_JOINED = "\ufdee"
# A mark such as ✓ before the text; it never stands alone on a line.
_MARKED = re.compile(r"^(\s*\S{1,3}) (?=\S)")
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
    """Print lines with control characters escaped.

    Args:
        text: may contain text from :func:`style`.
        err: whether to print to standard error.
    """
    colours = is_coloured(sys.stderr if err else sys.stdout)
    dressed = _STYLED.sub(_with_codes if colours else _without_codes, visible(text))
    click.echo(dressed, err=err, color=True)


def echo_json(data: Any) -> None:
    """Print data as JSON, with control characters escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    click.echo(UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def echo_prose(text: str, *, err: bool = False) -> None:
    """Print lines as :func:`echo` does; wrap them between words to the width of a terminal.

    A command such as ``alur run --all --env local`` is never broken, so that nobody copies half of it; nor is the
    expression of a schedule.
    """
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        echo(text, err=err)
        return
    width = os.get_terminal_size(stream.fileno()).columns or 80
    echo("\n".join(part for line in text.split("\n") for part in broken(line, width)), err=err)


def note(text: str) -> None:
    """Print a line with a note: important to the reader, but not an error."""
    echo_prose(f"  {NOTE} {text}")


def is_coloured(stream: IO[Any]) -> bool:
    """Return whether to print colours to a stream (see https://no-color.org, http://bixense.com/clicolors)."""
    refused = os.environ.get("NO_COLOR") or os.environ.get("CLICOLOR") == "0"
    return not refused and is_capable(stream)


def is_capable(stream: IO[Any]) -> bool:
    """Return whether a stream is a terminal with more than the capability to print lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def broken(line: str, width: int) -> list[str]:
    """Return a line wrapped to a width, with the lines after the first indented.

    >>> broken("  ✓ s3://bucket/code.zip of the jobs", 20)
    ['  ✓ s3://bucket/code.zip', '    of the jobs']
    """
    indentation = " " * (len(line) - len(line.lstrip()))
    marked = _MARKED.sub(rf"\1{_JOINED}", line)
    whole = _WHOLE.sub(lambda match: match[0].replace(" ", _JOINED), marked)
    parts = textwrap.wrap(
        whole.lstrip(),
        width,
        initial_indent=indentation,
        subsequent_indent=f"{indentation}  ",
        expand_tabs=False,
        replace_whitespace=False,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_JOINED, " ") for part in parts] or [line]


def _with_codes(match: re.Match[str]) -> str:
    return f"{_CODE_OF_MARK[match[1]]}{match[2]}{_RESET}"


def _without_codes(match: re.Match[str]) -> str:
    return match[2]
