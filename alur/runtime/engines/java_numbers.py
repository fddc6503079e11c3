"""Writes numbers as Java 17 does, for engines with another format: Spark uses Java's text of a double.

Before Java 19 this is not always the shortest text: 8.41e21 is "8.409999999999999E21"
(https://bugs.openjdk.org/browse/JDK-4511638). The code here therefore follows the steps of
``jdk.internal.math.FloatingDecimal``.
"""

from __future__ import annotations

import math
from decimal import Decimal

_DOUBLE = (53, -1022)
_FLOAT = (24, -126)
"""The bits of a number's fraction, and the least exponent with full precision."""

_SHORTEST = (1e-6, 1e15)
"""Between these bounds Java's text of a double is the shortest one, as in Python."""


def java_text(value: float, *, single: bool = False) -> str:
    """Return the text of a number by ``Double.toString`` or ``Float.toString``.

    Args:
        single: whether it is a 32-bit number.

    >>> java_text(12345678.9), java_text(0.0001), java_text(100.0), java_text(8.41e21)
    ('1.23456789E7', '1.0E-4', '100.0', '8.409999999999999E21')
    """
    if math.isnan(value):
        return "NaN"
    sign = "-" if math.copysign(1, value) < 0 else ""
    if math.isinf(value):
        return f"{sign}Infinity"
    if value == 0:
        return f"{sign}0.0"
    if not single and _SHORTEST[0] <= abs(value) < _SHORTEST[1]:
        digits, point = _shortest(abs(value))
    else:
        digits, point = _digits(abs(value), *(_FLOAT if single else _DOUBLE))
    if 0 < point < 8:
        padded = digits.ljust(point, "0")
        return f"{sign}{padded[:point]}.{padded[point:] or '0'}"
    if -3 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def plain_text(value: float) -> str | None:
    """Return the same number without an exponent; None if it is not finite.

    >>> plain_text(1e23), plain_text(-2.5e-7), plain_text(float("inf"))
    ('99999999999999990000000', '-0.00000025', None)
    """
    if not math.isfinite(value):
        return None
    if abs(value) < 1e-50:  # too small for any decimal
        return "0"
    return f"{Decimal(java_text(value)):f}"


def _shortest(value: float) -> tuple[str, int]:
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits))
    return text.rstrip("0"), len(text) + int(exponent)


def _digits(value: float, bits: int, least: int) -> tuple[str, int]:
    """Return a number's digits, and the position of the point among them."""
    fraction, exponent = math.frexp(value)
    exponent -= 1
    fraction_bits = int(fraction * (1 << 53))
    significant = bits - max(0, least - exponent)
    zeros = (fraction_bits & -fraction_bits).bit_length() - 1
    length = 53 - zeros
    tiny = max(0, length - exponent - 1)
    if tiny == 0 and exponent <= 62:  # an integer of 63 bits
        return _digits_of_integer(int(value), exponent - significant - 1)
    return _divided(fraction_bits, exponent, length, tiny, significant)


def _digits_of_integer(number: int, insignificant_bits: int) -> tuple[str, int]:
    dropped = len(str(1 << insignificant_bits)) - 1 if insignificant_bits > 1 else 0
    if dropped:
        number, rest = divmod(number, 10**dropped)
        number += rest >= 10**dropped // 2
    text = str(number)
    return text.rstrip("0"), len(text) + dropped


def _divided(
    fraction: int, exponent: int, length: int, tiny: int, significant: int
) -> tuple[str, int]:
    """Divide, digit by digit, until the rest is less than half of the last bit's value."""
    estimate = (fraction / (1 << 52) - 1.5) * 0.289529654 + 0.176091259
    place = math.floor(estimate + exponent * 0.301029995663981)
    fives = max(0, -place)
    b2 = fives + tiny + exponent
    s5 = max(0, place)
    s2 = s5 + tiny
    m2 = b2 - significant
    fraction >>= 53 - length
    b2 -= length - 1
    common = min(b2, s2)
    b2, s2, m2 = b2 - common, s2 - common, m2 - common
    if length == 1:
        m2 -= 1
    if m2 < 0:
        b2, s2, m2 = b2 - m2, s2 - m2, 0
    needed = max(length + b2 + _bits_of_five(fives), s2 + 1 + _bits_of_five(s5 + 1))
    word = next((word for word in (32, 64) if needed < word), None)
    rest, divisor, margin = (fraction * 5**fives) << b2, 5**s5 << s2, 5**fives << m2
    return _until_unique(rest, divisor, margin, place, word)


def _until_unique(
    rest: int, divisor: int, margin: int, place: int, word: int | None
) -> tuple[str, int]:
    """Return the digits that distinguish a number from its neighbours.

    Args:
        word: the bits of Java's integers, whose sums may overflow; None for unlimited integers.
    """
    tens = divisor * 10
    digits: list[int] = []
    low = high = False
    first = True
    while first or not (low or high):
        digit, rest = divmod(rest, divisor)
        rest *= 10
        margin = _held(margin * 10, word)
        total = _held(rest + margin, word)
        low = rest < margin
        high = total > tens or (word is None and total == tens)
        if not first and margin <= 0:
            low = high = True
        if first and digit == 0 and not high:
            place -= 1
        else:
            digits.append(digit)
        # Java writes one digit before the point, and at least one after it.
        if first and not -3 <= place < 8:
            low = high = False
        first = False
    over = 2 * rest - tens
    if high and (not low or over > 0 or (over == 0 and digits[-1] % 2)):
        return _rounded_up(digits, place)
    return "".join(map(str, digits)), place + 1


def _held(number: int, word: int | None) -> int:
    """Return the value of a signed integer with a number of bits, after overflow."""
    if word is None:
        return number
    return (number + (1 << (word - 1))) % (1 << word) - (1 << (word - 1))


def _rounded_up(digits: list[int], place: int) -> tuple[str, int]:
    text = str(int("".join(map(str, digits))) + 1)
    text = text.rjust(len(digits), "0")
    if len(text) > len(digits):
        return text[:-1], place + 2
    return text, place + 1


def _bits_of_five(power: int) -> int:
    if power == 0:
        return 0
    return (5**power).bit_length() if power < 27 else power * 3  # the size of Java's table
