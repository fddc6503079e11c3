"""Measures commits to a table of this machine: late ones against early ones."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.measuring import Row, run

_COMMITS = 1_000
_AROUND = 25
"""Half the commits between two compactions: a mean has one of them, and some merges of manifests."""

_FIRST = 10 + _AROUND
"""The first ten commits include what a process does once."""

_WEEK = 7 * 24
_MEMORY = Path("/dev/shm")
"""A commit waits for the disk several times; the figures are about its work."""


def rows() -> Iterator[Row]:
    """Yield rows for appending without expiry, and with a week of an hourly pipeline's snapshots; then for whole runs."""
    yield from _growth("append, commit", _figures("appending")["commits"], None)
    kept = _figures("appending", _WEEK)
    name = f"{_WEEK} snapshots kept"
    yield from _growth(f"append, {name}, commit", kept["commits"], 1.5)
    yield Row(f"the daily expiry, {name}: CPU seconds", kept["expiries"][-1], None)
    runs = _figures("appending_runs", _WEEK)
    # Before the first merge of manifests, each run has one more to read.
    yield Row(
        "run of one file, runs 15 to 19 / 2 to 6, CPU", mean(runs[14:19]), mean(runs[1:6]), 1.25
    )
    yield from _growth(f"run of one file, {name}, run", runs, 1.5)


def _growth(what: str, seconds: list[float], bound: float | None) -> Iterator[Row]:
    first = _around(seconds, _FIRST)
    for number in (100, 500, _COMMITS):
        yield Row(
            f"{what} {number:,} / {_FIRST}, CPU",
            _around(seconds, number),
            first,
            bound if number == _COMMITS else None,
        )


def _figures(module: str, *snapshots: int) -> Any:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        command = [sys.executable, "-m", f"benchmarks.{module}", folder, _COMMITS + _AROUND]
        output = run(list(map(str, [*command, *snapshots])), root).output
    return json.loads(output.splitlines()[-1])


def _around(seconds: list[float], number: int) -> float:
    return mean(seconds[number - _AROUND : number + _AROUND])
