"""Values of every flat column type, and their forms in files; each form stands for exactly one value."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal
from math import inf, isnan, nan
from random import Random
from typing import Any

import pyarrow as pa

UTC = timezone.utc
Form = tuple[pa.DataType, Callable[[Any], Any]]
"""An Arrow type, and the function that converts a value to it."""

_EXACT = Context(prec=100)
TEXTS = (
    *("", " ", "a", "b ", "null", "NaN", "None", "0", "2024-01-01", "'", "''", '"', "\\", "\\N"),
    *(
        'a,b;c|d\t"e"',
        "two\nlines",
        "\r\nx\r",
        "\x00",
        "é",
        "e\u0301",
        "日本語",
        "👩‍👩‍👧",
        "\U0010ffff",
    ),
    *("\ufeff", "\u2028", "%2F/../x=y", "a/b c", "#", "ß", "İ", "x" * 300),
)
_NS_YEARS = range(1678, 2262)


def narrow(value: float) -> float:
    """Return the nearest number of 32 bits."""
    nearest: float = struct.unpack("f", struct.pack("f", value))[0]
    return nearest


def same(value: Any) -> Any:
    return value


def _blanks(rng: Random, text: str) -> str:
    return rng.choice(("", "", "", " ", "\t")) + text + rng.choice(("", "", "", " "))


@dataclass(frozen=True)
class Text:
    annotation: str = "str"
    values: tuple[str, ...] = TEXTS
    partitions = ("identity", "bucket", "truncate")

    def value(self, rng: Random) -> str:
        if self.annotation != "str" or rng.random() < 0.6:
            return rng.choice(self.values)
        return "".join(rng.choices("abcäöü€日👍 ,;\"'\n", k=rng.randint(1, 6)))

    def text(self, rng: Random, value: str) -> str:
        return value

    def form(self, rng: Random, values: Sequence[str]) -> Form:
        return rng.choice((pa.string(), pa.large_string())), same


@dataclass(frozen=True)
class Integer:
    annotation: str
    bits: int
    partitions = ("identity", "bucket", "truncate")

    def value(self, rng: Random) -> int:
        last = 2 ** (self.bits - 1) - 1
        edges = (0, 1, -1, 9, 10, 11, -10, -11, last, -last - 1, last // 2)
        return rng.choice((rng.choice(edges), rng.randint(-200, 200), rng.randint(-last, last)))

    def text(self, rng: Random, value: int) -> str:
        sign = rng.choice(("+", "")) if value >= 0 else "-"
        return _blanks(rng, sign + "0" * rng.choice((0, 0, 2)) + str(abs(value)))

    def form(self, rng: Random, values: Sequence[int]) -> Form:
        forms: list[Form] = [(pa.decimal128(38, rng.randint(0, 9)), Decimal), (pa.string(), str)]
        for bits in (8, 16, 32, 64):
            if all(-(2 ** (bits - 1)) <= v < 2 ** (bits - 1) for v in values):
                forms.append((getattr(pa, f"int{bits}")(), same))
            if all(0 <= v < 2**bits for v in values):
                forms.append((getattr(pa, f"uint{bits}")(), same))
        if all(abs(v) <= 2**53 for v in values):
            forms.append((pa.float64(), float))
        return rng.choice(forms)


@dataclass(frozen=True)
class Floating:
    annotation: str
    single: bool
    partitions = ()

    def value(self, rng: Random) -> float:
        edges = (0.0, -0.0, nan, inf, -inf, 1.0, 0.1, -1e-3, 1e7, 123456789.0, 2.0**53, 16777217.0)
        ends = (2.0**-149, 3.4028234663852886e38)
        if not self.single:
            ends += (5e-324, 1.7976931348623157e308, -2.2250738585072014e-308)
        number = rng.choice(
            (rng.choice(edges), rng.choice(ends), rng.gauss(0, 1), float(rng.randint(-9, 9)))
        )
        return narrow(number) if self.single else number

    def text(self, rng: Random, value: float) -> str:
        if isnan(value):
            return rng.choice(("NaN", "nan"))
        if abs(value) == inf:
            return ("-" if value < 0 else "") + rng.choice(("inf", "Infinity", "INF"))
        return _blanks(rng, rng.choice((repr(value), f"{value:.17e}", f"{value:.17E}")))

    def form(self, rng: Random, values: Sequence[float]) -> Form:
        forms: list[Form] = [(pa.float64(), same), (pa.string(), repr)]
        if all(isnan(v) or _is_single(v) for v in values):
            forms.append((pa.float32(), same))
        if all(abs(v) < 2**24 and v == int(v) and repr(v) != "-0.0" for v in values):
            forms += [(pa.int64(), int), (pa.int32(), int)]
        return rng.choice(forms)


def _is_single(value: float) -> bool:
    try:
        return narrow(value) == value
    except OverflowError:
        return False


@dataclass(frozen=True)
class Boolean:
    annotation: str = "bool"
    partitions = ("identity",)

    def value(self, rng: Random) -> bool:
        return rng.random() < 0.5

    def text(self, rng: Random, value: bool) -> str:
        words = ("true", "T", "Yes", "y", "1") if value else ("false", "F", "NO", "n", "0")
        return _blanks(rng, rng.choice(words))

    def form(self, rng: Random, values: Sequence[bool]) -> Form:
        return rng.choice(((pa.bool_(), same), (pa.string(), str)))


@dataclass(frozen=True)
class Bytes:
    annotation: str = "bytes"
    partitions = ("bucket",)

    def value(self, rng: Random) -> bytes:
        edges = (b"", b"\x00", b"\xff\xfe", bytes(range(256)), b"text", "é".encode())
        return rng.choice((rng.choice(edges), rng.randbytes(rng.randint(1, 9))))

    def form(self, rng: Random, values: Sequence[bytes]) -> Form:
        types = [pa.binary(), pa.large_binary()]
        lengths = {len(value) for value in values}
        if len(lengths) == 1 and lengths != {0}:
            types.append(pa.binary(lengths.pop()))
        return rng.choice(types), same


@dataclass(frozen=True)
class Day:
    annotation: str = "date"
    partitions = ("identity", "years", "months", "days", "bucket")

    def value(self, rng: Random) -> date:
        edges = ((1, 1, 1), (9999, 12, 31), (1969, 12, 31), (1970, 1, 1), (1582, 10, 10))
        near = date(2024, 2, 27) + timedelta(rng.randint(0, 4))
        return rng.choice(
            (date(*rng.choice(edges)), near, date.fromordinal(rng.randint(1, 3_652_059)))
        )

    def text(self, rng: Random, value: date) -> str:
        loose = f"{value.year:04}-{value.month}-{value.day}"
        return _blanks(rng, rng.choice((value.isoformat(), loose, f"{value} 00:00:00")))

    def form(self, rng: Random, values: Sequence[date]) -> Form:
        units = ["s", "ms", "us", *(["ns"] if all(v.year in _NS_YEARS for v in values) else [])]
        midnight = pa.timestamp(rng.choice(units))
        forms: list[Form] = [
            (pa.date32(), same),
            (pa.date64(), same),
            (pa.string(), str),
            (midnight, lambda v: datetime(v.year, v.month, v.day)),
        ]
        return rng.choice(forms)


@dataclass(frozen=True)
class Instant:
    annotation: str = "datetime"
    partitions = ("identity", "years", "months", "days", "hours", "bucket")

    def value(self, rng: Random) -> datetime:
        edges = (
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(1899, 12, 31, 12, 0, 0, 1, tzinfo=UTC),
            datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        )
        near = datetime(2024, 2, 28, 22, tzinfo=UTC) + timedelta(minutes=rng.randint(0, 240))
        far = datetime(1, 1, 1, tzinfo=UTC) + timedelta(
            rng.randint(0, 3_652_058), rng.randint(0, 86_399), rng.choice((0, 5, 999_999))
        )
        return rng.choice((rng.choice(edges), near, near.replace(hour=0, minute=0), far))

    def text(self, rng: Random, value: datetime) -> str:
        between = rng.choice(("T", " "))
        plain = value.replace(tzinfo=None)
        if 1 < plain.year < 9999 and rng.random() < 0.3:
            hours = rng.randint(-14, 14)
            return f"{(plain + timedelta(hours=hours)).isoformat(between)}{hours:+03}:00"
        return _blanks(rng, plain.isoformat(between) + rng.choice(("", "Z", " UTC", "+00:00")))

    def form(self, rng: Random, values: Sequence[datetime]) -> Form:
        zone = rng.choice((None, "UTC", "Asia/Kolkata"))
        units = ["us"]
        if all(v.microsecond % 1000 == 0 for v in values):
            units.append("ms")
        if all(v.microsecond == 0 for v in values):
            units.append("s")
        if all(v.year in _NS_YEARS for v in values):
            units.append("ns")
        forms: list[Form] = [
            (
                pa.timestamp(rng.choice(units), zone),
                lambda v: v if zone else v.replace(tzinfo=None),
            ),
            (pa.string(), str),
        ]
        if all(v.time() == v.time().min for v in values):
            forms.append((pa.date32(), datetime.date))
        return rng.choice(forms)


@dataclass(frozen=True)
class Money:
    """Decimals; files may have more places, which readers round away."""

    digits: int
    places: int
    partitions = ("identity", "bucket", "truncate")

    @property
    def annotation(self) -> str:
        return f"Annotated[Decimal, Field(max_digits={self.digits}, decimal_places={self.places})]"

    def value(self, rng: Random) -> Decimal:
        last = 10**self.digits - 1
        small = rng.randint(-min(last, 200), min(last, 200))
        unscaled = rng.choice((0, last, -last, small, rng.randint(-last, last)))
        return Decimal(unscaled).scaleb(-self.places, _EXACT)

    def has_step_below(self, value: Decimal, width: int) -> bool:
        """Return whether a value's partition by truncation is a value of this type, too; otherwise a run refuses it."""
        unscaled = int(value.scaleb(self.places, _EXACT))
        return unscaled // width * width > -(10**self.digits)

    def _noisy(self, rng: Random, value: Decimal) -> Decimal:
        noise = Decimal(rng.randint(-49, 49)).scaleb(-self.places - 2)
        return _EXACT.add(value, noise)

    def text(self, rng: Random, value: Decimal) -> str:
        value = rng.choice((value, self._noisy(rng, value)))
        return _blanks(rng, rng.choice((f"{value:f}", f"{value:e}", str(value))))

    def form(self, rng: Random, values: Sequence[Decimal]) -> Form:
        more = rng.randint(0, 38 - self.digits)
        forms: list[Form] = [
            (pa.decimal128(self.digits, self.places), same),
            (pa.decimal128(self.digits + more, self.places + more), same),
            (pa.decimal256(self.digits + 5, self.places + 3), lambda v: self._noisy(rng, v)),
            (pa.string(), lambda v: str(self._noisy(rng, v))),
        ]
        if all(v == int(v) and abs(v) < 2**63 for v in values):
            forms.append((pa.int64(), int))
        if all(abs(v) < 1_000_000 for v in values) and self.places <= 3:
            forms.append((pa.float64(), float))
        return rng.choice(forms)
