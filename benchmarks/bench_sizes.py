"""Measures the example at several sizes, against the same on bare Sail with plain Parquet files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.example import fresh_example, run_all
from benchmarks.measuring import Cost, Row, cpu_row, median, run

_SCRIPT = Path(__file__).with_name("plain_pyspark.py")
_BOUNDS = {1: 2.0, 10: 1.6, 100: 1.25}
"""The bounds of CPU time, by how many times the example's orders are copied."""

_PEAK_BOUND = 1.25
_RUNS = {1: 3, 10: 3, 100: 1}


def rows() -> Iterator[Row]:
    """Yield CPU seconds and peak memory of the example at 1, 10 and 100 times its size."""
    for times, bound in _BOUNDS.items():
        costs = [_pair(times) for _ in range(_RUNS[times])]
        ours, theirs = (median(side) for side in zip(*costs, strict=True))
        name = f"the example at {times}x: alur / bare Sail to plain Parquet"
        yield cpu_row(name, ours, theirs, bound)
        mib = 2**20
        peaks = ours.peak_mib * mib, theirs.peak_mib * mib
        yield Row(f"{name}: peak memory", *peaks, _PEAK_BOUND, in_bytes=True)


def _pair(times: int) -> tuple[Cost, Cost]:
    with fresh_example() as example:
        landing = example / "landing" / "orders"
        for path in landing.glob("*.csv"):
            _multiply(path, times)
        contract = example / "contracts" / "silver.py"
        text = contract.read_text(encoding="utf-8")
        longer = text.replace(r"\d{6}", r"\d{6,9}")
        assert longer != text, "the orders of the copies have longer numbers"
        contract.write_text(longer, encoding="utf-8")
        ours = run_all(example)
        command = [sys.executable, _SCRIPT, landing, example.parent / "plain", "sail"]
        return ours, run(command, example, RUST_LOG="off")


def _multiply(path: Path, times: int) -> None:
    """Copy the orders of a file, with other numbers of orders and customers in each copy."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *orders = csv.reader(lines)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header)
        for copy in range(times):
            for order, customer, *rest in orders:
                number = f"CD{int(order[2:]) + copy * 1_000_000:06}"
                writer.writerow([number, int(customer) + copy * 100_000, *rest])
