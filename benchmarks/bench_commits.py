"""Measures commits to a table of this machine: the CPU seconds of late ones against those of early ones."""

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
_MEMORY = Path("/dev/shm")
"""A commit waits for the disk several times; the figures are about its work."""


def rows() -> Iterator[Row]:
    """Yield a row for the commits around the 100th, the 500th and the last of an appending pipeline."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        command = [sys.executable, "-m", "benchmarks.appending", folder, str(_COMMITS + _AROUND)]
        seconds: list[float] = json.loads(run(command, root).output)
    first = _around(seconds, 2 * _AROUND)
    for number in (100, 500, _COMMITS):
        name = f"append, commit {number:,} / commit {2 * _AROUND}, CPU"
        yield Row(name, _around(seconds, number), first)


def _around(seconds: list[float], number: int) -> float:
    """Return the mean over 20 commits: one in 20 merges manifests."""
    return statistics.mean(seconds[number - _AROUND : number + _AROUND])
