"""Numbers as text, as Spark writes them."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np


def number_text(value: float | Decimal, *, narrow: bool = False) -> str:
    """Return a number as Java's ``Double.toString`` writes it (``Float.toString`` if ``narrow``); a decimal in plain digits.

    (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/Double.html#toString(double))

    >>> [number_text(x) for x in (1.5, 1e7, 0.001, 1e-4, -0.0, float("nan"))]
    ['1.5', '1.0E7', '0.001', '1.0E-4', '-0.0', 'NaN']
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, exponent = Decimal(str(np.float32(value)) if narrow else repr(value)).as_tuple()
    assert isinstance(exponent, int), "a finite number"
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + exponent - 1 if text != "0" else 0
    minus = "-" if sign else ""
    if not -3 <= power < 7:
        return f"{minus}{text[0]}.{text[1:] or '0'}E{power}"
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{text}"
    whole = text[: power + 1].ljust(power + 1, "0")
    return f"{minus}{whole}.{text[power + 1 :] or '0'}"
