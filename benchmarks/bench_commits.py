"""Measures commits to a table of this machine: late ones against early ones."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, run

_COMMITS = 1_000
_AROUND = 10
_WEEK = 7 * 24
_MEMORY = Path("/dev/shm")
"""A commit waits for the disk several times; the figures are about its work."""


def rows() -> Iterator[Row]:
    """Yield rows for appending without expiry, and with a week of an hourly pipeline's snapshots."""
    yield from _growth("", _seconds()["commits"], None)
    kept = _seconds(_WEEK)
    name = f", {_WEEK} snapshots kept"
    yield from _growth(name, kept["commits"], 1.5)
    yield Row(f"the daily expiry{name}: CPU seconds", kept["expiries"][-1], None)


def _growth(name: str, seconds: list[float], bound: float | None) -> Iterator[Row]:
    first = _around(seconds, 2 * _AROUND)
    for number in (100, 500, _COMMITS):
        yield Row(
            f"append, commit {number:,} / commit {2 * _AROUND}, CPU{name}",
            _around(seconds, number),
            first,
            bound if number == _COMMITS else None,
        )


def _seconds(*snapshots: int) -> dict[str, list[float]]:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        command = [sys.executable, "-m", "benchmarks.appending", folder, _COMMITS + _AROUND]
        output = run(list(map(str, [*command, *snapshots])), root).output
    seconds: dict[str, list[float]] = json.loads(output)
    return seconds


def _around(seconds: list[float], number: int) -> float:
    """Return the mean over 20 commits: one in 20 merges manifests."""
    return statistics.mean(seconds[number - _AROUND : number + _AROUND])
