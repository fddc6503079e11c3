"""Converts texts to values of declared types. The rules are the same for every engine, without guesses.

| type | texts |
|---|---|
| int | ``7``, ``-7``, ``+7`` |
| float | also ``1.5``, ``.5``, ``1e-3``, ``NaN``, ``Infinity``, ``-inf`` |
| Decimal | as float, without NaN and Infinity; rounded half up to the column's places |
| bool | ``true``, ``t``, ``yes``, ``y``, ``1`` and their opposites, in either case |
| date | ``2024-01-31``, ``2024-1-31``; with a time only at midnight |
| datetime | a date, a time after ``T`` or a space, an offset or ``Z``; UTC without an offset |

Blanks around values do not count, except in texts. Years are 1 to 9999.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from alur.contracts.columns import ColumnType, DecimalType, PrimitiveType
from alur.pipelines.datetime_patterns import DateTimePattern, offset
from alur.runtime.landing.arrow_schema import arrow_type
from alur.runtime.landing.element_wise import converted_each

_BLANKS = " \t"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_SPECIAL = {"nan": "nan"} | {
    sign + name: sign.strip("+") + "inf" for sign in ("", "+", "-") for name in ("inf", "infinity")
}
_TRUTH = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0"), False
)
_MOMENT = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?P<offset>Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)

# Texts that Arrow itself converts exactly by the rules above.
_PLAIN = {
    "int": "^-?[0-9]{1,18}$",
    "bigint": "^-?[0-9]{1,18}$",
    "double": r"^-?[0-9]+(\.[0-9]+)?$",
    "float": r"^-?[0-9]+(\.[0-9]+)?$",
    "boolean": "^(true|false)$",
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?$",
}
_PLAIN_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_NUMBERS = ("year", "month", "day", "hour", "minute", "second")
_NEVER_YEAR_0 = "^0000"
_EXACT = Context(prec=100, Emax=10_000, Emin=-10_000)


@dataclass(frozen=True)
class TextFormats:
    """The patterns in a source's options, if any."""

    date: DateTimePattern | None = None
    timestamp: DateTimePattern | None = None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> TextFormats:
        """Return the patterns in a source's options."""
        given = (options.get("dateFormat"), options.get("timestampFormat"))
        return cls(*(DateTimePattern(pattern) if pattern else None for pattern in given))


def typed(
    texts: pa.Array | pa.ChunkedArray, type_: ColumnType, formats: TextFormats | None = None
) -> pa.Array:
    """Return texts as values of a type; null stays null.

    Raises:
        BadValue: the first text that is not a value of the type.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if str(type_) == "string":
        return texts
    pattern = _pattern(type_, formats or TextFormats())
    if pattern is None:
        plain = _plain(texts, type_)
        if plain is not None:
            return plain
    return converted_each(texts, _converter(type_, pattern), arrow_type(type_))


def _pattern(type_: ColumnType, formats: TextFormats) -> DateTimePattern | None:
    return {"date": formats.date, "timestamp": formats.timestamp}.get(str(type_))


def _plain(texts: pa.Array, type_: ColumnType) -> pa.Array | None:
    """Return the values if all texts are in the plain form; None otherwise."""
    target = arrow_type(type_)
    plain = _PLAIN_DECIMAL if isinstance(type_, DecimalType) else _PLAIN[str(type_)]
    if not pc.all(pc.match_substring_regex(texts, plain), min_count=0).as_py():
        return None
    if (
        str(type_) in ("date", "timestamp")
        and pc.any(pc.match_substring_regex(texts, _NEVER_YEAR_0)).as_py()
    ):
        return None
    try:
        if str(type_) == "boolean":
            return pc.equal(texts, "true")
        if str(type_) == "timestamp":
            return pc.cast(pc.cast(pc.utf8_rtrim(texts, "Z"), pa.timestamp("us")), target)
        values = pc.cast(texts, target)
    except pa.ArrowInvalid:
        return None
    if pa.types.is_floating(target) and pc.any(pc.is_inf(values)).as_py():
        return None
    return values


def _converter(type_: ColumnType, pattern: DateTimePattern | None) -> Callable[[str], Any]:
    """Return the exact conversion of one text; it raises ValueError if the text does not fit."""
    if isinstance(type_, DecimalType):
        return lambda text: decimal_of(_number(text), type_)
    assert isinstance(type_, PrimitiveType), "CSV has no lists"
    match type_.name:
        case "bigint" | "int":
            bits = 63 if type_.name == "bigint" else 31
            return lambda text: _integer(text, bits)
        case "double" | "float":
            return lambda text: _float(text, narrow=type_.name == "float")
        case "boolean":
            return _boolean
        case "date":
            return lambda text: _date(text, pattern)
        case "timestamp":
            return lambda text: _moment(text, pattern)
        case name:
            raise AssertionError(f"no text is a {name}")


def _integer(text: str, bits: int) -> int:
    stripped = text.strip(_BLANKS)
    if not _INTEGER.fullmatch(stripped) or len(stripped) > 30:
        raise ValueError(text)
    number = int(stripped)
    if not -(1 << bits) <= number < 1 << bits:
        raise ValueError(text)
    return number


def _float(text: str, *, narrow: bool) -> float:
    stripped = text.strip(_BLANKS)
    special = _SPECIAL.get(stripped.lower())
    if special is not None:
        return float(special)
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(text)
    # Arrow rounds a decimal text to 32 bits directly, without rounding to 64 first.
    kind = pa.float32() if narrow else pa.float64()
    number: float = pc.cast(pa.scalar(stripped), kind).as_py()
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _number(text: str) -> Decimal:
    stripped = text.strip(_BLANKS)
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(text)
    return Decimal(stripped)


def decimal_of(value: Decimal, type_: DecimalType) -> Decimal:
    """Return a number with a decimal type's places, rounded half up as in Spark.

    Raises:
        ValueError: the number has more digits before the point than the type.

    >>> decimal_of(Decimal("1.005"), DecimalType(12, 2))
    Decimal('1.01')
    """
    try:
        rounded = value.quantize(Decimal(1).scaleb(-type_.scale), ROUND_HALF_UP, _EXACT)
    except InvalidOperation:
        raise ValueError(value) from None
    if rounded and rounded.adjusted() >= type_.precision - type_.scale:
        raise ValueError(value)
    return rounded


def _boolean(text: str) -> bool:
    try:
        return _TRUTH[text.strip(_BLANKS).lower()]
    except KeyError:
        raise ValueError(text) from None


def _date(text: str, pattern: DateTimePattern | None) -> date:
    moment = _moment(text, pattern)
    if moment.time() != time(0):
        raise ValueError(text)
    return moment.date()


def _moment(text: str, pattern: DateTimePattern | None) -> datetime:
    stripped = text.strip(_BLANKS)
    if pattern is not None:
        moment = pattern.moment(stripped)
        if moment is None:
            raise ValueError(text)
        return moment
    match = _MOMENT.fullmatch(stripped)
    if not match:
        raise ValueError(text)
    fields = match.groupdict()
    fraction = (fields["fraction"] or "").ljust(9, "0")
    if fraction[6:] != "000":
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(fields[name] or 0) for name in _NUMBERS)
    try:
        moment = datetime(
            year, month, day, hour, minute, second, int(fraction[:6]), tzinfo=timezone.utc
        )
        return moment - offset((fields["offset"] or "Z").replace("UTC", "Z"))
    except OverflowError:
        raise ValueError(text) from None
