"""The installed ``alur`` command, as a user runs it: another process, piped or in a terminal."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALUR = Path(sys.executable).with_name("alur")
_SAYS_HOW_TO_LOOK = {
    "NO_COLOR",
    "CLICOLOR",
    "FORCE_COLOR",
    "TERM",
    "COLUMNS",
    "LINES",
    "PYTHONPATH",
    # A JVM says on standard error that it was given these.
    "JAVA_TOOL_OPTIONS",
}


def alur(cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with its output piped."""
    return subprocess.run(
        [ALUR, *arguments],
        cwd=cwd,
        env=_environment(cwd) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Shown:
    """The output of a command in a terminal.

    Attributes:
        raw: every character, as sent.
    """

    returncode: int
    raw: str
    columns: int

    @property
    def screen(self) -> list[str]:
        """The final lines on the screen of a terminal with unlimited lines."""
        return _Screen(self.columns).after(self.raw)


def in_terminal(cwd: Path, *arguments: str, columns: int = 80, **environment: str) -> Shown:
    """Run the command in a new terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 500, columns, 0, 0))
    process = subprocess.Popen(
        [ALUR, *arguments],
        cwd=cwd,
        env=_environment(cwd) | {"TERM": "xterm"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    sent = b""
    while more := _read(ours):
        sent += more
    os.close(ours)
    return Shown(process.wait(), sent.decode(), columns)


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _SAYS_HOW_TO_LOOK}
    return kept | {"HOME": str(home)}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        # Linux raises this when the last process has left the terminal.
        if error.errno == errno.EIO:
            return b""
        raise


class _Screen:
    """The part of a terminal that Alur's output requires; any other control sequence is an error."""

    _SEQUENCE = re.compile(r"\x1b\[(\??\d*(?:;\d+)*)([A-Za-z])|([\s\S])")

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._lines: list[str] = [""]
        self._row = self._column = 0

    def after(self, sent: str) -> list[str]:
        for sequence in self._SEQUENCE.finditer(sent):
            if sequence[3]:
                self._character(sequence[3])
            else:
                self._obey(sequence[1], sequence[2])
        return [line.rstrip() for line in self._lines]

    def _character(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._to(self._row + 1)
        else:
            assert character.isprintable(), repr(character)
            if self._column == self._columns:
                self._to(self._row + 1)
                self._column = 0
            line = self._lines[self._row].ljust(self._column)
            self._lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
            self._column += 1

    def _obey(self, numbers: str, command: str) -> None:
        match command, numbers:
            case "m", _:
                pass
            case (("l" | "h"), "?25"):
                pass
            case "A", _:
                self._row = max(0, self._row - int(numbers or 1))
            case "K", "2":
                self._lines[self._row] = ""
            case _:
                raise AssertionError(f"the terminal was sent {numbers}{command}")

    def _to(self, row: int) -> None:
        self._row = row
        while len(self._lines) <= row:
            self._lines.append("")


def example_of(root: Path, contracts: str = "", pipelines: str = "", **files: Any) -> Path:
    """Write a small project into a folder."""
    toml = '[project]\nname = "p"\n[env.dev]\n'
    texts = {
        "contracts/__init__.py": contracts,
        "pipelines/__init__.py": pipelines,
        "alur.toml": toml,
        **files,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
