"""Locates keys in a TOML file; the standard library's parser does not report their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from alur.errors import Location

_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]")
_PAIR = re.compile(r"\s*([\w\s.\"'-]+?)\s*=")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file's path and text."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Read the file, with or without Windows' byte order mark."""
        return cls(path, path.read_text(encoding="utf-8-sig"))

    def place(self, keys: tuple[str, ...]) -> Location:
        r"""Return the line of a key or table, or of the nearest table around it.

        >>> file = TomlFile(Path("alur.toml"), '[env.dev]\nengine = "sail"')
        >>> str(file.place(("env", "dev", "engine"))), str(file.place(("env", "dev", "landing")))
        ('alur.toml:2', 'alur.toml:1')
        """
        lines = self._lines()
        for size in range(len(keys), 0, -1):
            if keys[:size] in lines:
                return Location(str(self.path), lines[keys[:size]])
        return Location(str(self.path), 1)

    def _lines(self) -> dict[tuple[str, ...], int]:
        """Return the first line of each table and key."""
        lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = _keys(header[1])
                lines.setdefault(table, number)
            elif pair := _PAIR.match(line):
                lines.setdefault((*table, *_keys(pair[1])), number)
        return lines


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
