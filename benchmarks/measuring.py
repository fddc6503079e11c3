"""Measures whole processes: wall time, and the peak memory of the largest process among them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one process took.

    Attributes:
        seconds: wall time.
        peak_mib: resident memory at its highest, in MiB, of the process or of its largest child.
        output: what it printed.
    """

    seconds: float
    peak_mib: float
    output: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        value, yardstick: medians in the same unit.
        bound: what the ratio (or, where ``unit`` says so, the difference) should be at most.
    """

    name: str
    value: float
    yardstick: float
    bound: float
    unit: str = "ratio"
    peak_mib: float | None = None
    yardstick_peak_mib: float | None = None

    @property
    def figure(self) -> float:
        """What is held against the bound."""
        if self.unit == "ratio":
            return self.value / self.yardstick
        return self.value - self.yardstick


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> Cost:
    """Runs a command to its end and measures it.

    Raises:
        SystemExit: it failed; its output is printed.
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
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return Cost(seconds, usage.ru_maxrss / 1024, output)


def median(costs: Sequence[Cost]) -> Cost:
    """The median time and the median peak."""
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
    )
