"""Measures the start of the command line."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.generated import write_project
from benchmarks.measuring import Cost, Row, median, run

_ALUR = Path(sys.executable).with_name("alur")
_IMPORT_ALL = (
    "import sys, pkgutil, importlib\n"
    "sys.path.insert(0, '.')\n"
    "for name in ('contracts', 'pipelines'):\n"
    "    package = importlib.import_module(name)\n"
    "    for info in pkgutil.iter_modules(package.__path__):\n"
    "        importlib.import_module(f'{name}.{info.name}')\n"
)


def rows() -> Iterator[Row]:
    """Yield ``--help`` against importing its libraries, and ``list`` against importing the user's modules."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ours, theirs = _pair(
            [_ALUR, "--help"], [sys.executable, "-c", "import click, rich"], home, runs=11
        )
        yield _row("alur --help / importing click and rich", ours, theirs, 2)
        project = write_project(home / "project", 1_000)
        ours, theirs = _pair([_ALUR, "list"], [sys.executable, "-c", _IMPORT_ALL], project, runs=5)
        name = "alur list, 1,000 pipelines, above importing them (s)"
        yield _row(name, ours, theirs, 0.5, unit="seconds")


def _pair(
    ours: Sequence[str | Path], theirs: Sequence[str | Path], cwd: Path, runs: int
) -> tuple[Cost, Cost]:
    """Run two commands in turn, under the same conditions; the first pair warms the disk cache."""
    pairs = [(run(ours, cwd), run(theirs, cwd)) for _ in range(runs + 1)][1:]
    return median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])


def _row(name: str, ours: Cost, theirs: Cost, bound: float, unit: str = "ratio") -> Row:
    return Row(
        name,
        ours.seconds,
        theirs.seconds,
        bound,
        unit,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )
