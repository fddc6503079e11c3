"""Prints the table; exits with 1 if a figure is beyond its bound."""

from __future__ import annotations

import compileall
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import Row

_ROOT = Path(__file__).parents[1]
_MODULES = (
    "bench_cli",
    "bench_lineage",
    "bench_plan",
    "bench_example",
    "bench_engines",
    "bench_landing",
    "bench_commits",
    "bench_writes",
    "bench_merge",
    "bench_taken_files",
    "bench_checks",
    "bench_sizes",
    "bench_memory",
    "bench_dagster",
    "bench_schedules",
    "bench_terraform",
    "bench_sandbox",
)


def main() -> None:
    """Run the benchmarks named in the arguments, by default all."""
    for package in ("alur", "alur_dagster"):
        # As pip compiles it for its users: this checkout may have no bytecode, nor be allowed to write it while it runs.
        compileall.compile_dir(_ROOT / package, quiet=1)
    print(
        f"{'':2}{'what':68}{'figure':>9}{'bound':>8}{'value':>10}{'yardstick':>11}{'peak MiB':>16}"
    )
    beyond = False
    for name in sys.argv[1:] or _MODULES:
        for row in import_module(f"benchmarks.{name}").rows():
            print(_line(row), flush=True)
            beyond = beyond or row.is_beyond
    sys.exit(beyond)


def _line(row: Row) -> str:
    mark = "✗" if row.is_beyond else " " if row.bound is None else "✓"
    bound = "" if row.bound is None else f"{row.bound:.2f}"
    shown = _size if row.in_bytes else _time
    yardstick = "" if row.yardstick is None else shown(row.yardstick)
    peaks = " / ".join(f"{p:.0f}" for p in (row.peak_mib, row.yardstick_peak_mib) if p is not None)
    return (
        f"{mark} {row.name:68}{row.figure:9.2f}{bound:>8}"
        f"{shown(row.value):>10}{yardstick:>11}{peaks:>16}"
    )


def _size(count: float) -> str:
    return f"{count / 1e6:.2f} MB"


def _time(seconds: float) -> str:
    if seconds >= 0.1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


if __name__ == "__main__":
    main()
