"""Measures the example at several sizes, against the same on bare Sail, DuckDB and Polars with plain Parquet files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.example import fresh_example, run_all
from benchmarks.measuring import Cost, Row, cpu_row, median, run

_FOLDER = Path(__file__).parent
_ENGINES: dict[str, tuple[str, ...]] = {
    "bare Sail": ("plain_pyspark.py", "sail"),
    "DuckDB": ("plain_duckdb.py",),
    "Polars": ("plain_polars.py",),
}
"""The scripts to compare with, and their arguments. Only bare Sail has bounds: the others are other engines."""

_BOUNDS = {1: 2.0, 10: 1.6, 100: 1.25}
"""The bounds of CPU time, by how many times the example's orders are copied."""

_PEAK_BOUND = 1.25
_RUNS = {1: 3, 10: 3, 100: 1}


def rows() -> Iterator[Row]:
    """Yield CPU seconds and peak memory of the example at 1, 10 and 100 times its size."""
    for times, bound in _BOUNDS.items():
        costs = [_costs(times) for _ in range(_RUNS[times])]
        ours, *others = (median(side) for side in zip(*costs, strict=True))
        for engine, theirs in zip(_ENGINES, others, strict=True):
            is_bound = engine == "bare Sail"
            name = f"the example at {times}x: alur / {engine} to plain Parquet"
            yield cpu_row(name, ours, theirs, bound if is_bound else None)
            peaks = ours.peak_mib * 2**20, theirs.peak_mib * 2**20
            limit = _PEAK_BOUND if is_bound else None
            yield Row(f"{name}: peak memory", *peaks, limit, in_bytes=True)


def _costs(times: int) -> list[Cost]:
    """Return the costs of Alur and of each other engine."""
    with fresh_example() as example:
        landing = example / "landing" / "orders"
        for path in landing.glob("*.csv"):
            _multiply(path, times)
        contract = example / "contracts" / "silver.py"
        text = contract.read_text(encoding="utf-8")
        longer = text.replace(r"\d{6}", r"\d{6,9}")
        assert longer != text, "the orders of the copies have longer numbers"
        contract.write_text(longer, encoding="utf-8")
        costs = [run_all(example)]
        for engine, (script, *arguments) in _ENGINES.items():
            target = example.parent / engine
            command = [sys.executable, _FOLDER / script, landing, target, *arguments]
            costs.append(run(command, example, RUST_LOG="off"))
        return costs


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
