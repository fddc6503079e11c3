"""Numbers in SQL text, as Spark reads them.

https://spark.apache.org/docs/3.5.6/sql-ref-literals.html#numeric-literal
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from alur.analysis.sql_tokens import Unreadable

_INT_MOST, _LONG_MOST = 2**31 - 1, 2**63 - 1


def sql_number(text: str) -> Any:
    """Return the literal of a number: an int or bigint, with a point a decimal, with an exponent a double.

    >>> sql_number("1.50").literal.decimal.scale
    2

    Raises:
        Unreadable: the number exceeds a bigint, or has an unsupported suffix.
    """
    literal = _expression()
    if text.lstrip("-").isdigit():
        value = int(text)
        if -_INT_MOST - 1 <= value <= _INT_MOST:
            literal.literal.integer = value
        elif -_LONG_MOST - 1 <= value <= _LONG_MOST:
            literal.literal.long = value
        else:
            raise Unreadable(f"the number {text} is too large")
    elif text[-1] in "LD" and not text.endswith("BD"):
        literal.literal.CopyFrom(_suffixed(text[:-1], text[-1]).literal)
    elif "e" in text.lower() and not text[-1].isalpha():
        literal.literal.double = float(text)
    elif text[-1].isalpha():
        raise Unreadable(f"Alur does not read the number {text}")
    else:
        _, digits, exponent = Decimal(text).as_tuple()
        literal.literal.decimal.value = text
        literal.literal.decimal.scale = -int(exponent)
        literal.literal.decimal.precision = max(len(digits), -int(exponent))
    return literal


def _suffixed(digits: str, suffix: str) -> Any:
    literal = _expression()
    if suffix == "D":
        literal.literal.double = float(digits)
    elif digits.lstrip("-").isdigit():
        literal.literal.long = int(digits)
    else:
        raise Unreadable(f"Alur does not read the number {digits}{suffix}")
    return literal


def _expression() -> Any:
    from pyspark.sql.connect.proto import expressions_pb2

    return expressions_pb2.Expression()
