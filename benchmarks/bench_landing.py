"""Measures landing files in a cold process: many small ones and a large one, against Python's csv module alone."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, run

_SMALL_FILES = 50_000
_LARGE_ROWS = 2_000_000

_PROJECT = {
    "alur.toml": '[project]\nname = "landing"\nmodules = ["pipelines"]\n',
    "pipelines.py": """\
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from alur import BronzeTable, files
from alur.decorators import pipeline


class Event(BronzeTable):
    id: int
    customer: int
    at: datetime
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    note: str


@pipeline(sources={"rows": files("in/*.csv", schema=Event)}, target=Event, mode="append")
def load(rows):
    return rows
""",
}
_YARDSTICK = """
import csv, sys
from pathlib import Path
rows = 0
for path in sorted(Path("landing/in").iterdir()):
    with path.open(newline="", encoding="utf-8") as file:
        rows += sum(1 for _ in csv.reader(file, strict=True)) - 1
print(rows)
"""


def rows() -> Iterator[Row]:
    """Yield two rows: ``alur run load``, from files to a committed table, against reading the same texts."""
    small = [_csv(range(5 * n, 5 * n + 5)) for n in range(_SMALL_FILES)]
    yield _row(f"{_SMALL_FILES:,} files of 5 rows: alur run / csv.reader", small, 15)
    large = [_csv(range(_LARGE_ROWS), note='"said ""so"" "')]
    yield _row(f"one quoted file of {_LARGE_ROWS:,} rows: alur run / csv.reader", large, 15)


def _row(name: str, texts: list[str], bound: float) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "landing" / "in").mkdir(parents=True)
        for path, content in _PROJECT.items():
            (root / path).write_text(content, encoding="utf-8")
        for number, text in enumerate(texts):
            (root / f"landing/in/{number:06}.csv").write_text(text, encoding="utf-8")
        alur = run([Path(sys.executable).with_name("alur"), "run", "load", "--env", "local"], root)
        plain = run([sys.executable, "-c", _YARDSTICK], root)
    return Row(
        name,
        alur.seconds,
        plain.seconds,
        bound,
        peak_mib=alur.peak_mib,
        yardstick_peak_mib=plain.peak_mib,
    )


def _csv(numbers: range, note: str = "n") -> str:
    lines = (f"{n},{n % 999},2024-01-01 00:00:00,1.50,{note}\n" for n in numbers)
    return "id,customer,at,amount,note\n" + "".join(lines)
