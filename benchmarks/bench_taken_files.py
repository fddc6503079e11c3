"""Measures a run that takes one new file, after 10,000 others against after 10."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Cost, Row, median
from benchmarks.sales import alur, project

_RUNS = 3

_PIPELINES = """\
from alur import BronzeTable, files
from alur.decorators import pipeline


class Event(BronzeTable):
    id: int


@pipeline(sources={"rows": files("in/*.csv", schema=Event)}, target=Event, mode="append")
def load(rows):
    return rows
"""


def rows() -> Iterator[Row]:
    """Yield one row: the run takes a file that sorts after all others, as new ones do."""
    many, few = _one_more(10_000), _one_more(10)
    yield Row(
        "append one file: 10,000 are taken / 10 are",
        many.seconds,
        few.seconds,
        1.5,
        peak_mib=many.peak_mib,
        yardstick_peak_mib=few.peak_mib,
    )


def _one_more(taken: int) -> Cost:
    with project(_PIPELINES, days=0) as root:

        def land(number: int) -> None:
            text = f"id\n{number}\n"
            (root / f"landing/in/{number:06}.csv").write_text(text, encoding="utf-8")

        for number in range(taken):
            land(number)
        alur(root, "run", "load")
        costs = []
        for number in range(taken, taken + _RUNS):
            land(number)
            costs.append(alur(root, "run", "load"))
    return median(costs)
