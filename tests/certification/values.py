"""The edge values of each type. A type with one token for several (decimals, structs, texts) has several kinds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Context
from decimal import Decimal as D  # noqa: N817
from typing import Any

from pyspark.sql import types as T

INF, NAN = float("inf"), float("nan")


@dataclass(frozen=True)
class Kind:
    """A column of edge values: its type, and the values, null among them."""

    type: T.DataType
    values: tuple[Any, ...]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


_INTS = (0, 1, -1, 2, 3, 7, 10, 100)
_DOUBLES = (
    0.0, -0.0, 0.0, NAN, INF, -INF, 1.0, -1.0, 0.1, 0.5, 2.5, 3.5, -2.5, 1.005, 2.675, 1e-7, 1e-3, 123456.789, 1e7,
    1e16, 1e17, 12345678901234567.0, 9.2233720368547758e18, 1.7976931348623157e308, 4.9e-324, 123456789.125, None,
)  # fmt: skip
_INEXACT = (
    0.1,
    0.2,
    0.3,
    0.7,
    1.1,
    -0.6,
    2.2,
    3.3,
    1e15,
    -1e15,
    1e-3,
    12345.678,
    99.99,
    -7.77,
    1e8,
    19.99,
    0.05,
)
"""Numbers with a sum that depends on their order."""
_FLOATS = (0.0, -0.0, 0.0, NAN, INF, -INF, 1.0, 0.1, 0.35, 2.5, 3.5, -2.5, 1e-7, 1e7, 1e16, 3.4028234663852886e38, 1.401298464324817e-45,
           123456.79, 16777216.0, None)  # fmt: skip
# fmt: off
_DAYS = (
    "1970-01-01", "1969-12-31", "1582-10-04", "1582-10-15", "0001-01-01", "9999-12-31", "2024-02-29", "2023-12-31",
    "2024-01-01", "2021-01-03", "2020-12-28", "2024-03-31", "1900-02-28", "2000-02-29", "2024-07-15", "2023-02-28",
)
_INSTANTS = (
    "1970-01-01T00:00:00", "1969-12-31T23:59:59.999999", "1582-10-04T12:00:00", "1582-10-15T00:00:00",
    "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-02-29T12:34:56.789012", "2023-12-31T23:59:59",
    "2024-01-01T00:00:00", "2024-03-10T07:00:00", "2024-03-31T01:00:00", "2024-11-03T05:30:00",
    "2024-10-27T00:59:59.5", "2024-02-29T12:34:56.7", "1883-11-18T17:00:00", "2024-07-15T08:09:10.1", "2021-01-03T00:00:00.000001",
)
# fmt: on
_FAR_DAYS = (
    2_932_896,
    2_932_897,
    3_789_540,
    120_000,
    2_000_000,
    47_481,
    47_482,
    47_665,
    -719_162,
    -719_163,
    -735_552,
)
"""Days outside the years of Python's dates, and around the end of Sail's tables of time zones."""
_DATES = tuple(map(date.fromisoformat, _DAYS))
_TIMES = tuple(map(_at, _INSTANTS))
_TAME_DATES = tuple(day for day in _DATES if 1900 <= day.year <= 2100)
_TAME_TIMES = tuple(time for time in _TIMES if 1900 <= time.year <= 2100)
"""Times within Python's range in every time zone."""
_TEXTS = (
    "", " ", "a", "A", "b", "ab", "ß", "İ", "é", "e\u0301", "😀 x", "日本語", "a,b", "a, b,,c", "  Jane  van Doe ", "x@example.com",
    "12", "-7", "true", "null", "2024-02-29", "2024-01-01 00:00:00", "%", "_", "a\\b", "a\tb\nc", "O'Neil-Smith", "x" * 300, "Hello World 42",
    "{\"a\": 1}", None,
)  # fmt: skip
_NUMBERS = (
    "0", "12", " 12 ", "-7", "+7", "007", "1.5", "-0.0", ".5", "5.", "1e3", "1E-3", "1.0E10", "NaN", "nan", "Infinity", "-inf", "null", "", "abc", "1,234",
    "0x1F", "1_000", "12abc", "2147483648", "9223372036854775808", "1e400", "-nan", "+NaN", "0.1234567890123456789", "99999999999999999999.99", "1d", "1.5f", ".", "\t3\n", None,
)  # fmt: skip
_TRUTHS = (
    "true",
    "TRUE ",
    "t",
    "y",
    "yes",
    "1",
    "false",
    "F",
    "n",
    "No",
    "0",
    "on",
    "off",
    "tru",
    "",
    "2",
    None,
)
_MOMENTS = (
    "2024-02-29", "2023-02-29", "2024-2-9", "2024-01-01 00:00:00", "2024-01-01T12:34:56", "2024-01-01 12:34:56.123456", "2024-01-01T12:34:56Z", "2024-01-01t12:34:56", "2024-01-01T12:34:56z",
    "2024-01-01T12:34:56+02:00", "2024-01-01 12:34", "2024-01", "2024", "20240229", "29/02/2024", "02/29/2024", "1/2/2024", "2024/02/29", "0001-01-01",
    "9999-12-31", "10000-01-01", "1582-10-10", "-0044-03-15", " 2024-02-29 ", "2024-02-30", "2024-13-01", "24:00:00", "12:34:56", "2024-03-10 02:30:00",
    "2024-01-01 24:00:00", "2024-01-01 00:00:00.1234567", "2024-01-01 America/New_York", "Feb 29, 2024", "", None,
)  # fmt: skip
_SIGNED = (
    "+2024-01-01", "-2024-01-01", "-0000-01-01", "+10000-01-01", "-10000-01-01", "+2024", "-2024", "+10000", "+202401", "+00010101", "+24", "-24", "-2024-01-01 00:00:00", "+2024-01-01 00:00:00", "01/01/+2024",
    "1/1/-2024", "012/1/2024", "1/012/2024", "012", "0123", "January 9, 2024", "Jan 9, 2024", "feb 9, 2024", "Sept 9, 2024", "January 2024", "JAN 2024", "January", "Jan", "may", "2024-01-01+02:00", "+12:30", "012 AM",
    "1969-10-29 23:59:59.128", "1969-10-29 23:59:59.128456", "2150-07-01 12:00:00 Europe/Berlin", None,
)  # fmt: skip
_JSON = (
    '{"a": 1}', '{"a": "x", "b": {"c": 2.5}}', '{"a": null}', '{"a": [1, 2, 3]}', '{"a": {"b": "y"}}', "[1, 2]", '["x"]', '"t"', "1", "null", "{}", "", "{bad", '{"a": 1.0}',
    '{"a": true, "b": [{"c": "é"}, {"c": null}]}', '{"A": 1}', '{"a": "2024-02-29"}', '{"a": 12345678901234567890}', '{"a": "\\u00e9\\n"}', '{"a":1,"a":2}', "{'a': 1}",
    ' {"a" : 1} ', '{"page": "/x", "ms": 12, "utm": {"source": "s", "campaign": "c"}, "lang": "de"}', '{"a": 1e3}', None,
)  # fmt: skip
_URLS = (
    "https://user:pw@example.com:8080/a/b.html?x=1&y=%20z&x=2#frag", "http://example.com", "example.com/a?b=c", "ftp://h/p;v=1", "mailto:a@b.c", "http://[::1]/?q", "", "http://exa mple.com/",
    "https://example.com/?utm_source=news&utm_campaign=a%2Bb+c", "//host/path", "http://example.com/a?x=", "T12:34:56", None,
)  # fmt: skip
# fmt: off
_ODD = (
    "ΑΣ", "ας", "ﬁn", "ŉ", "ǆ", "Ǆ", "ı", "I", "i̇", "STRASSE", "straße", "\u00a0x\u00a0", "\u2003x", "\u200b", "\x00a", "👨‍👩‍👧", "🇩🇪", "٣", "x٣y", "ä_ö", "A\u0308", "ñ", "Ñ", "\r\nx\r\n",
    "\x0bx\x0c", "a\u2028b", "ﬆ", "Ⅷ", "ⅷ", "ꭰ", None,
)
_WALLS = (
    "2024-03-10T01:59:59.999999", "2024-03-10T02:00:00", "2024-03-10T02:30:00", "2024-03-10T03:00:00", "2024-03-10T06:59:59", "2024-11-03T00:59:59", "2024-11-03T01:00:00", "2024-11-03T01:30:00",
    "2024-11-03T02:00:00", "2024-11-03T06:30:00", "2024-03-31T02:00:00", "2024-03-31T02:30:00", "2024-10-27T01:00:00", "2024-10-27T02:30:00", "2006-04-02T02:30:00", "1945-05-24T02:30:00",
    "1883-11-18T12:03:58", "1890-01-01T00:00:00", "1893-04-01T00:03:00", "1942-02-09T02:30:00", "2037-03-08T02:30:00", "2050-07-01T12:00:00", "2100-03-14T02:30:00", "1951-05-06T00:30:00",
    "2099-12-31T23:59:59", "2100-07-01T12:00:00", "2262-07-01T00:00:00", "9998-07-01T12:00:00",
)
# fmt: on
_BYTES = (b"", b"a", b"ab", b"\x00", b"\xff\xfe", "é".encode(), b"12", b"x" * 40, None)

_PAIR = T.StructType([T.StructField("x", T.IntegerType()), T.StructField("y", T.StringType())])
_EVENT = T.StructType(
    [
        T.StructField("t", T.TimestampType()),
        T.StructField("d", T.DoubleType()),
        T.StructField("m", T.DecimalType(12, 2)),
    ]
)
_NEST = T.StructType(
    [
        T.StructField("n", T.StructType([T.StructField("b", T.LongType())])),
        T.StructField("i", T.ArrayType(T.IntegerType())),
    ]
)
_LINE = T.StructType(
    [
        T.StructField("id", T.LongType()),
        T.StructField("qty", T.IntegerType()),
        T.StructField("price", T.DecimalType(10, 2)),
    ]
)


def _decimals(precision: int, scale: int, *texts: str) -> Kind:
    exact = Context(prec=60)
    top = exact.scaleb(D(10**precision - 1), -scale)
    values = {D(text).quantize(exact.scaleb(D(1), -scale), context=exact) for text in texts}
    return Kind(T.DecimalType(precision, scale), (*sorted(values), top, top.copy_negate(), None))


def _list(element: T.DataType, *values: Any) -> Kind:
    return Kind(T.ArrayType(element), (*values, [], [None], None))


def _map(value: T.DataType, *values: Any) -> Kind:
    return Kind(T.MapType(T.StringType(), value), (*values, {}, {"z": None}, None))


KINDS: dict[str, Kind] = {
    "bool": Kind(T.BooleanType(), (True, False, None)),
    "i8": Kind(T.ByteType(), (*_INTS, -128, 127, None)),
    "i16": Kind(T.ShortType(), (*_INTS, -32768, 32767, None)),
    "i32": Kind(T.IntegerType(), (*_INTS, 1000, 2024, 20240229, -(2**31), 2**31 - 1, None)),
    "i64": Kind(T.LongType(), (*_INTS, 1700000000, 10**12, 2**53 + 1, -(2**63), 2**63 - 1, None)),
    "f32": Kind(T.FloatType(), _FLOATS),
    "f64": Kind(T.DoubleType(), _DOUBLES),
    "x32": Kind(T.FloatType(), (*_INEXACT, None)),
    "x64": Kind(T.DoubleType(), (*_INEXACT, None)),
    "d12": _decimals(12, 2, "0", "1", "-1", "0.01", "2.50", "3.50", "-2.55", "100", "7.77", "0.99"),
    "d18": _decimals(18, 6, "0", "1", "3", "0.000001", "2.5", "-2.500001", "100", "0.1"),
    "d3810": _decimals(38, 10, "0", "1", "0.0000000001", "-2.5", "3", "12345678901234567890"),
    "d380": _decimals(38, 0, "0", "1", "-1", "2", "10", "123456789012345678901234567890"),
    "d5": _decimals(5, 0, "0", "1", "-1", "2", "3", "7", "100"),
    "d33": _decimals(3, 3, "0", "0.001", "0.5", "-0.555", "0.1"),
    "d3818": _decimals(38, 18, "0", "1", "0.000000000000000001", "-2.5", "1000.123456789"),
    "str": Kind(T.StringType(), _TEXTS),
    "num": Kind(T.StringType(), _NUMBERS),
    "mom": Kind(T.StringType(), _MOMENTS),
    "sign": Kind(T.StringType(), _SIGNED),
    "json": Kind(T.StringType(), _JSON),
    "truth": Kind(T.StringType(), _TRUTHS),
    "url": Kind(T.StringType(), _URLS),
    "odd": Kind(T.StringType(), _ODD),
    "wall": Kind(T.TimestampType(), (*map(_at, _WALLS), None)),
    "bin": Kind(T.BinaryType(), _BYTES),
    "date": Kind(T.DateType(), (*_DATES, None)),
    "ts": Kind(T.TimestampType(), (*_TIMES, None)),
    "era": Kind(T.DateType(), (*_FAR_DAYS, _DATES[0], None)),
    "eon": Kind(T.TimestampType(), (*(day * 86_400_000_000 + 45_296_789_012 for day in _FAR_DAYS), _TIMES[0], None)),
    "day": Kind(T.DateType(), (*_TAME_DATES, None)),
    "now": Kind(T.TimestampType(), (*_TAME_TIMES, None)),
    "abool": _list(T.BooleanType(), [True, False], [False, None, True], [True]),
    "ai32": _list(T.IntegerType(), [1, 2, 3], [3, None, 1, 3], [2**31 - 1, -(2**31)], [0], [2, 2]),
    "ai64": _list(T.LongType(), [1, 2, 3], [3, None, 1, 3], [2**63 - 1, -(2**63)], [0], [2, 2]),
    "af64": _list(T.DoubleType(), [1.5, NAN, -0.0, 0.0], [0.0, -0.0], [-0.0, 0.0], [INF, -INF], [None, 2.5, NAN], [1.5], [NAN]),
    "astr": _list(T.StringType(), ["a", "b"], ["b", None, "a", "b"], [""], ["é", "A", "a"], ["", "x,y"], ["new"]),
    "ad12": _list(T.DecimalType(12, 2), [D("1.50"), D("-2.55")], [D("0.00"), None, D("1.50")], [D("9999999999.99")]),
    "adate": _list(T.DateType(), [_DATES[0], _DATES[6]], [_DATES[6], None, _DATES[4]], [_DATES[7]]),
    "ats": _list(T.TimestampType(), [_TIMES[0], _TIMES[6]], [_TIMES[6], None, _TIMES[4]], [_TIMES[7]]),
    "anow": _list(T.TimestampType(), [_TAME_TIMES[0], _TAME_TIMES[2]], [_TAME_TIMES[2], None]),
    "aline": _list(_LINE, [(1, 2, D("9.99")), (2, None, D("0.50"))], [(None, None, None), None], [(7, -1, D("-3.00"))]),
    "aastr": _list(T.ArrayType(T.StringType()), [["a"], ["b", None]], [[], None], [["a"], ["a"]]),
    "mstr": _map(T.StringType(), {"a": "x"}, {"a": "1", "b": None}, {"colour": "red", "a": ""}, {"": "e"}),
    "mi64": _map(T.LongType(), {"a": 1}, {"a": 2, "b": None}, {"b": 2**63 - 1, "c": 0}),
    "mf64": _map(T.DoubleType(), {"a": 1.5}, {"a": NAN, "b": -0.0}, {"b": INF}),
    "md12": _map(T.DecimalType(12, 2), {"a": D("1.50")}, {"b": D("-0.01"), "a": None}),
    "mline": _map(_LINE, {"a": (1, 2, D("9.99"))}, {"b": (None, None, None), "a": None}),
    "mastr": _map(T.ArrayType(T.StringType()), {"a": ["x", None]}, {"b": [], "a": None}),
    "pair": Kind(_PAIR, ((1, "a"), (1, None), (None, "a"), (2, ""), (None, None), (0, "b"), None)),
    "event": Kind(
        _EVENT,
        ((_TIMES[6], 1.5, D("2.50")), (_TIMES[0], NAN, None), (_TIMES[0], -0.0, D("0.00")), (None, 0.0, D("1.00")), (_TIMES[7], INF, D("-1.00")), None),
    ),
    "moment": Kind(_EVENT, ((_TIMES[6], 1.5, D("2.50")), (_TIMES[0], NAN, None), (None, 0.0, D("1.00")), None)),
    "nest": Kind(_NEST, (((1,), [1, 2]), ((None,), []), (None, [None]), ((2,), None), None)),
}  # fmt: skip
"""Kinds by a short name, which is part of columns' names: ``a_i32``, ``b_i32``."""

COUNT = max(len(kind.values) for kind in KINDS.values())
