"""Measures whole processes: wall time, and the CPU time and the peak memory of all of them together."""

from __future__ import annotations

import os
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
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Cost:
    """The cost of one process.

    Attributes:
        seconds: wall time.
        peak_mib: peak resident memory, in MiB, of the process and all its descendants together.
        output: its output.
        cpu_seconds: of the process and all its descendants.
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
    began = time.perf_counter()
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
            watched = watcher.submit(_watch, process.pid, ended)
            output, _ = process.communicate()
            seconds = time.perf_counter() - began
            ended.set()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    peak, cpu_seconds = watched.result()
    return Cost(seconds, peak, output, cpu_seconds)


def _watch(pid: int, ended: Event) -> tuple[float, float]:
    """Return the peak memory in MiB, and the CPU seconds, of a process and its descendants; only Linux reports them."""
    peak = 0.0
    ticks: dict[int, int] = {}
    while not ended.wait(_SAMPLE_SECONDS):
        peak = max(peak, _resident(pid, ticks))
    # A process that nobody waits for, such as PySpark's JVM, is in no other sum.
    return peak, sum(ticks.values()) / _TICKS_PER_SECOND


def _resident(pid: int, ticks: dict[int, int]) -> float:
    """Return the resident memory of a process and its descendants, in MiB; an ended process counts as 0.

    Args:
        ticks: receives the CPU time of each.
    """
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        # The name of the program, in parentheses, may have spaces.
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError, ValueError):
        return 0.0
    ticks[pid] = int(user) + int(system)
    return pages * _PAGE_MIB + sum(_resident(int(child), ticks) for child in children)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median times and the median peak."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
        cpu_seconds=statistics.median(cost.cpu_seconds for cost in costs),
    )
