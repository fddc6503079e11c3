"""Measures whole processes: wall time, and the CPU time and the peak memory of all of them together."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

_SAMPLE_SECONDS = 0.02
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Cost:
    """The cost of one process.

    Attributes:
        seconds: wall time.
        peak_mib: peak resident memory, in MiB, of the process and all its descendants together.
        output: its output.
        cpu_seconds: of the process and the descendants for which it waited.
    """

    seconds: float
    peak_mib: float
    output: str = ""
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        value, yardstick: seconds, or bytes; without a yardstick the bound is on the value itself.
        bound: the maximum of the ratio (or, depending on ``unit``, of the difference); None if the figure only explains
            another one.
    """

    name: str
    value: float
    yardstick: float | None
    bound: float | None = None
    unit: str = "ratio"
    peak_mib: float | None = None
    yardstick_peak_mib: float | None = None
    in_bytes: bool = False

    @property
    def figure(self) -> float:
        """The figure to compare with the bound."""
        if self.yardstick is None:
            return self.value
        if self.unit == "ratio":
            return self.value / self.yardstick
        return self.value - self.yardstick

    @property
    def is_beyond(self) -> bool:
        """Whether the figure exceeds its bound."""
        return self.bound is not None and self.figure > self.bound


def cpu_row(name: str, ours: Cost, theirs: Cost, bound: float | None) -> Row:
    """Return a row of CPU seconds, with both peaks."""
    return Row(
        f"{name}: CPU",
        ours.cpu_seconds,
        theirs.cpu_seconds,
        bound,
        peak_mib=ours.peak_mib,
        yardstick_peak_mib=theirs.peak_mib,
    )


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> Cost:
    """Run a command to its end and measure it.

    Raises:
        SystemExit: the command failed; its output is printed.
    """
    began, cpu_before = time.perf_counter(), _cpu_of_children()
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        ended = Event()
        with ThreadPoolExecutor(1) as watcher:
            peak = watcher.submit(_watch, process.pid, ended)
            output, _ = process.communicate()
            seconds = time.perf_counter() - began
            ended.set()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return Cost(seconds, peak.result(), output, _cpu_of_children() - cpu_before)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _watch(pid: int, ended: Event) -> float:
    """Return the peak memory of a process and its descendants, in MiB; only Linux reports it."""
    peak = 0.0
    while not ended.wait(_SAMPLE_SECONDS):
        peak = max(peak, _resident(pid))
    return peak


def _resident(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB; an ended process counts as 0."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    return pages * _PAGE_MIB + sum(_resident(int(child)) for child in children)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median times and the median peak."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
        cpu_seconds=statistics.median(cost.cpu_seconds for cost in costs),
    )
