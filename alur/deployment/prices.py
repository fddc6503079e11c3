"""The price of a DPU-hour of a Glue job: the project's own, else AWS's list price as of a date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class DpuHourPrice:
    """What an hour of a DPU costs.

    Attributes:
        dollars: in US dollars.
        source: where the price comes from, in words.
    """

    dollars: Decimal
    source: str


def dpu_hour_price(region: str, own: float | None = None) -> DpuHourPrice | None:
    """Return the price in a region; None if it is not known.

    Args:
        own: the project's own price, which comes first.

    >>> dpu_hour_price("eu-west-1")
    DpuHourPrice(dollars=Decimal('0.44'), source="AWS's list price of 2024-11-01")
    >>> dpu_hour_price("eu-west-1", own=0.4)
    DpuHourPrice(dollars=Decimal('0.4'), source='dpu_hour_price in alur.toml')
    >>> dpu_hour_price("ap-southeast-5") is None
    True
    """
    if own is not None:
        return DpuHourPrice(Decimal(str(own)), "dpu_hour_price in alur.toml")
    table = _table()
    listed = table["dpu_hour"].get(region)
    if listed is None:
        return None
    listed_on: date = table["date"]
    return DpuHourPrice(Decimal(listed), f"AWS's list price of {listed_on.isoformat()}")


def price_page() -> str:
    """Return the address of AWS's page of prices.

    >>> price_page()
    'https://aws.amazon.com/glue/pricing/'
    """
    page: str = _table()["source"]
    return page


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "glue_prices.toml").read_text())
