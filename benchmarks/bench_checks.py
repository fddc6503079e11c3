"""Measures a run over 10 million rows with ten rules, against the same without rules."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Row, cpu_row
from benchmarks.sales import alur, project

_PIPELINES = """\
from datetime import datetime

from pydantic import Field

from alur import BronzeTable, SilverTable, files
from alur.decorators import pipeline


class Raw(BronzeTable):
    id: int
    at: datetime
    shop: str
    amount: float


class Plain(SilverTable):
    id: int | None
    at: datetime | None
    shop: str | None
    amount: float | None


class Checked(SilverTable):
    id: int = Field(ge=0, le=1_000_000_000)
    at: datetime
    shop: str = Field(min_length=1, max_length=20, pattern="^shop [0-9]+$")
    amount: float = Field(ge=0)


@pipeline(sources={"rows": files("in/*.parquet", schema=Raw, format="parquet")}, target=Raw)
def load(rows):
    return rows


@pipeline(sources={"rows": Raw}, target=Plain)
def plain(rows):
    return rows.select("id", "at", "shop", "amount")


@pipeline(sources={"rows": Raw}, target=Checked)
def checked(rows):
    return rows.select("id", "at", "shop", "amount")
"""


def rows() -> Iterator[Row]:
    """Yield one row of CPU seconds: four required columns and six other rules."""
    with project(_PIPELINES, days=100) as root:
        alur(root, "run", "load")
        checked, plain = (alur(root, "run", name) for name in ("checked", "plain"))
    yield cpu_row("10 million rows, 10 rules / none", checked, plain, 1.15)
