"""Functions of texts, numbers and times."""

from __future__ import annotations

from collections.abc import Iterator

from tests.certification.cases import Template
from tests.certification.kinds import (
    ATOM,
    BIN,
    DATE,
    DAY,
    NUMBER,
    PLAIN,
    STR,
    TEXT,
    WHOLE,
    exact,
    free,
    kinds,
)

_SOME_TEXT = kinds("str mom url odd")
_LENGTHS = free("i32", 0, 1, 2, 3, 5, 10, 400)
_PATTERNS = exact(
    r"\d+", r"\s+", "[^a-z0-9]+", "[^a-zA-Z0-9]", "[^0-9]", "[a-z]+", "^A", "^a", "@.*$", "@", "a", ",", "-", " ", "[0-9]+", r"(\d+)", r"(\w+)", r"^\s+|\s+$", r"\.", "x+", "[aeiou]", r"\D", "[,-]", "(a|b)",
    r"^[^@]+@[^@]+\.[^@]+$", r"@(.+)$", r"(\d{4})-(\d{2})-(\d{2})",
)  # fmt: skip
_SEPARATORS = exact(
    ",", "@", "-", " ", "/", "\\.", "\\|", ", ", r"\s+", r",\s*", ";", ":", "_", "a"
)
_LIKE = exact(
    "%",
    "a%",
    "%a",
    "%a%",
    "_",
    "a_",
    "%@example.com",
    "12",
    "%,%",
    "A%",
    "",
    "http%",
    "%\n%",
    "20%",
)
_FORMATS = exact(
    "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "yyyy-MM", "yyyyMM", "dd/MM/yyyy", "MM/dd/yyyy", "yyyyMMdd", "yyyy", "MM", "dd", "HH", "mm", "ss", "HH:mm", "HH:mm:ss", "E", "EEEE", "EEE", "MMM", "MMMM", "MMM yyyy", "d", "M", "d/M/yyyy", "yy",
    "yyyy/MM/dd", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd HH:mm:ss.SSSSSS", "D", "DDD", "Q", "hh:mm a", "h a", "yyyyMMddHHmmss", "dd.MM.yyyy", "MMM d, yyyy", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyyMMddHH", "yyyy-MM-dd HH",
)  # fmt: skip


def texts() -> Iterator[Template]:
    """Yield functions of strings."""
    for name in ("lower", "upper", "trim", "ltrim", "rtrim", "length", "char_length", "character_length", "initcap", "reverse", "ascii", "md5", "sha1", "sha", "soundex", "lcase", "ucase", "octet_length", "bit_length", "crc32"):  # fmt: skip
        yield _f(f"F.{name}({{a}})", a=TEXT + kinds("bin"))
    for name in ("base64", "unbase64", "hex", "unhex", "bin", "url_encode", "url_decode"):
        yield _f(f"F.{name}({{a}})", a=TEXT + BIN + kinds("i32 i64"))
    yield _f("F.sha2({a}, {n})", a=TEXT + BIN, n=exact(0, 224, 256, 384, 512))
    yield _f("F.concat({a}, {b})", a=PLAIN, b=PLAIN, same=True)
    yield _f("F.concat({a}, {b})", a=STR, b=kinds("i32 i64 f64 d12 date ts bool"))
    yield _f("F.concat({a}, {b}, {c})", a=STR, b=STR, c=STR)
    yield _f("F.concat({a}, {s}, {b})", a=kinds("str i32 i64 date"), s=free("str", "", "-", " ", "_", "|", "é"), b=kinds("str i32 i64 date"))  # fmt: skip
    separators = free("str", "", "-", ", ", "|", "é", " ")
    yield _f("F.concat_ws({s}, {a}, {b})", s=separators, a=ATOM.only_columns, b=ATOM.only_columns, same=True)  # fmt: skip
    yield Template("F.concat_ws({s}, {a})", {"s": separators, "a": ATOM + kinds("astr")}, all_literals=True)  # fmt: skip
    yield _f("F.concat_ws({s}, {a}, {b}, {c})", s=separators, a=STR, b=STR, c=STR)
    for pairs in (("str", "i64"), ("i64", "str"), ("str", "date"), ("str", "ts"), ("astr", "str"), ("str", "d12"), ("str", "f64"), ("str", "i32")):  # fmt: skip
        yield Template("F.concat_ws({s}, {a}, {b})", {"s": separators, "a": STR, "b": STR}, pairs=(pairs,))  # fmt: skip
    places = exact(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, -2, -3, -4)
    yield _f("F.substring({a}, {p}, {n})", a=kinds("str odd"), p=places, n=_LENGTHS)
    yield _f(
        "{a}.substr({p}, {n})",
        a=kinds("str odd"),
        p=places,
        n=_LENGTHS,
        sql="substr({a}, {p}, {n})",
    )
    for name in ("left", "right"):
        lengths = exact(0, 1, 2, 3, 4, 5, 6, 8, 10, 20)
        yield _f(f"F.{name}({{a}}, F.lit({{n}}))", a=STR, n=lengths, sql=f"{name}({{a}}, {{n}})")
    for name in ("lpad", "rpad"):
        yield _f(f"F.{name}({{a}}, {{n}}, {{p}})", a=TEXT, n=free("i32", 0, 1, 2, 3, 5, 10, 20, -1), p=free("str", " ", "0", "ab", "", "*", "é"))  # fmt: skip
    yield _f("F.repeat({a}, {n})", a=STR, n=free("i32", 0, 1, 2, 3, -1, 5))
    for name in ("startswith", "endswith", "contains"):
        yield _f(f"{{a}}.{name}({{b}})", a=STR, b=STR, sql=f"{name}({{a}}, {{b}})")
        yield _f(f"F.{name}({{a}}, {{b}})", a=STR, b=STR)
    for name in ("like", "ilike"):
        yield _f(f"{{a}}.{name}({{p}})", a=TEXT, p=_LIKE, sql=f"{{a}} {name} {{p}}")
    yield _f("{a}.rlike({p})", a=TEXT, p=_PATTERNS, sql="{a} rlike {p}")
    replacements = exact("", " ", "-", "_", "$1")
    yield _f("F.regexp_replace({a}, {p}, {r})", a=_SOME_TEXT, p=_PATTERNS, r=replacements)
    yield _f("F.regexp_extract({a}, {p}, {n})", a=_SOME_TEXT, p=_PATTERNS, n=exact(0, 1, 2))
    yield _f("F.split({a}, {p})", a=TEXT, p=_SEPARATORS, sql="split({a}, {p})")
    yield _f("F.split({a}, {p}, {n})", a=_SOME_TEXT, p=_SEPARATORS, n=exact(1, 2, 3, -1))
    yield _f("F.instr({a}, {s})", a=STR, s=free("str", "", "a", "b", "@", ",", "é", " "))
    yield _f("F.locate({s}, {a})", a=STR, s=free("str", "", "a", "b", "@", ",", "é", " "))
    yield _f("F.locate({s}, {a}, {n})", a=STR, s=free("str", "", "a", "b", "@", "é", " "), n=free("i32", 0, 1, 2, 3, -1, 10))  # fmt: skip
    yield _f("F.substring_index({a}, {s}, {n})", a=TEXT, s=exact(",", "@", ".", "-", " ", "/"), n=exact(1, 2, -1, -2, 0))  # fmt: skip
    yield _f("F.translate({a}, {m}, {r})", a=STR, m=exact("abc", "a", "-", ",", " ", "áé"), r=exact("xyz", "", "x", "_"))  # fmt: skip
    yield _f("F.replace({a}, F.lit({s}), F.lit({r}))", a=STR, s=free("str", "a", ",", "", " ", "é", "-", "ab"), r=free("str", "", "x", "-", "é", " "), sql="replace({a}, {s}, {r})")  # fmt: skip
    yield _f("F.format_string({f}, {a})", a=kinds("i32 i64 str f64"), f=exact("%d", "%s", "%05d", "%.2f", "%s-x"))  # fmt: skip
    yield _f("F.format_number({a}, {n})", a=kinds("i32 i64 f64 d12"), n=exact(0, 1, 2, 3))
    yield _f("F.levenshtein({a}, {b})", a=STR, b=STR)
    yield _f("F.split_part({a}, F.lit({s}), F.lit({n}))", a=TEXT, s=exact(",", "@", ".", "-", " ", "/"), n=exact(1, 2, 3, -1), sql="split_part({a}, {s}, {n})")  # fmt: skip
    yield _f("F.decode({a}, {c})", a=BIN, c=exact("UTF-8", "utf-8"))
    yield _f("F.encode({a}, {c})", a=STR, c=exact("UTF-8", "utf-8"))
    for name in ("hash", "xxhash64"):
        yield _f(f"F.{name}({{a}})", a=ATOM)
        yield _f(f"F.{name}({{a}}, {{b}})", a=kinds("i32 i64 str date ts f64"), b=kinds("i32 i64 str date ts f64"))  # fmt: skip


def numbers() -> Iterator[Template]:
    """Yield functions of numbers."""
    # Not logarithms, powers, trigonometric functions and cube roots: their last bit is right by chance.
    for name in ("abs", "ceil", "floor", "ceiling", "sqrt", "sign", "signum", "positive", "negative", "rint", "degrees", "radians", "factorial"):  # fmt: skip
        yield _f(f"F.{name}({{a}})", a=NUMBER)
    for name in ("round", "bround"):
        yield _f(f"F.{name}({{a}})", a=NUMBER)
        yield _f(f"F.{name}({{a}}, {{n}})", a=NUMBER, n=exact(-3, -2, -1, 0, 1, 2, 3, 4, 5, 6))
    some = kinds("i32 i64 f64 d12")
    yield _f("F.pmod({a}, {b})", a=some, b=some)
    yield _f("F.conv({a}, {m}, {n})", a=kinds("num i32"), m=exact(10, 16, 2), n=exact(10, 16, 2))
    yield _f("F.width_bucket({a}, F.lit({m}), F.lit({n}), F.lit({k}))", a=kinds("i32 f64"), m=exact(0.0, 1.0), n=exact(10.0, 100.0), k=exact(5, 10), sql=None)  # fmt: skip
    for name in ("try_add", "try_subtract", "try_multiply", "try_divide"):
        yield _f(f"F.{name}({{a}}, {{b}})", a=some, b=some)


_PARTS = ("year", "month", "quarter", "dayofmonth", "day", "dayofweek", "dayofyear", "weekofyear", "weekday", "hour", "minute", "second", "last_day", "unix_date", "unix_seconds", "unix_millis", "unix_micros", "to_date", "to_timestamp", "unix_timestamp", "to_unix_timestamp")  # fmt: skip


_ERAS = DAY + kinds("era eon")


def times() -> Iterator[Template]:
    """Yield functions of dates and timestamps."""
    for name in _PARTS:
        yield _by_row(
            f"limited(F.{name}({{a}}))", a=_ERAS + kinds("mom sign"), sql=f"{name}({{a}})"
        )
    units = exact("year", "yyyy", "yy", "quarter", "month", "mon", "mm", "week", "day", "dd", "hour", "minute", "second", "MONTH", "DAY", "Week")  # fmt: skip
    yield _by_row("F.date_trunc({u}, {a})", u=units, a=_ERAS)
    yield _by_row("F.trunc({a}, {u})", a=_ERAS, u=exact("year", "yyyy", "quarter", "month", "mon", "mm", "MM", "week", "MONTH", "YEAR", "day"))  # fmt: skip
    days = free("i32", 0, 1, -1, 2, 7, 30, 365, -365)
    for name in ("date_add", "date_sub", "add_months", "dateadd"):
        yield _by_row(f"F.{name}({{a}}, {{n}})", a=_ERAS, n=days)
        yield _by_row(f"F.{name}({{a}}, {{b}})", a=DATE, b=kinds("i8 i16"))
    for name in ("datediff", "date_diff"):
        yield _by_row(f"F.{name}({{a}}, {{b}})", a=DAY, b=DAY)
    yield _by_row("F.months_between({a}, {b})", a=DAY, b=DAY)
    yield _by_row("F.months_between({a}, {b}, {r})", a=DAY, b=DAY, r=exact(True, False))
    yield _by_row("limited(F.date_format({a}, {f}))", a=_ERAS, f=_FORMATS, sql=None)
    for name in ("to_date", "to_timestamp", "unix_timestamp", "to_unix_timestamp"):
        argument = "F.lit({f})" if name == "to_unix_timestamp" else "{f}"
        yield _by_row(f"limited(F.{name}({{a}}, {argument}))", a=kinds("mom sign date ts"), f=_FORMATS, sql=None)  # fmt: skip
    yield _by_row("F.from_unixtime({a})", a=WHOLE)
    yield _by_row("F.from_unixtime({a}, {f})", a=WHOLE, f=_FORMATS)
    yield _by_row(
        "F.next_day({a}, {d})", a=_ERAS, d=exact("Mon", "Monday", "Sun", "Sunday", "MO", "fri")
    )
    for name in ("timestamp_seconds", "timestamp_millis", "timestamp_micros", "date_from_unix_date"):  # fmt: skip
        yield _by_row(f"F.{name}({{a}})", a=kinds("i32 i64 f64 d12"))
    yield _by_row("F.make_date({a}, {b}, {c})", a=kinds("i32"), b=kinds("i8"), c=kinds("i8"))
    zones = exact("UTC", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "+02:00")
    for name in ("from_utc_timestamp", "to_utc_timestamp"):
        yield _by_row(f"limited(F.{name}({{a}}, {{z}}))", a=kinds("ts wall eon"), z=zones, sql=None)
    fields = exact("year", "month", "day", "hour", "minute", "second", "week", "quarter", "doy", "dow", "YEAR", "dayofweek")  # fmt: skip
    yield _by_row("F.extract(F.lit({u}), {a})", a=_ERAS.only_columns, u=fields, sql=None)
    yield _by_row("F.date_part(F.lit({u}), {a})", a=_ERAS.only_columns, u=fields, sql="date_part({u}, {a})")  # fmt: skip
    yield _by_row("({a} - {b})", a=DAY, b=DAY, sql="{a} - {b}")
    yield _by_row("({a} + {n})", a=DATE.only_columns, n=free("i32", 1, 7, -1, 0, 30, 365), sql="{a} + {n}")  # fmt: skip
    yield _by_row("({a} - {n})", a=DATE.only_columns, n=free("i32", 1, 7, -1, 0, 30, 365), sql="{a} - {n}")  # fmt: skip


def _by_row(code: str, sql: str | None = "", **domains: object) -> Template:
    return Template(code, domains, sql=sql, by_row=True)  # type: ignore[arg-type]


def _f(code: str, sql: str | None = "", same: bool = False, **domains: object) -> Template:
    return Template(code, domains, sql=sql, same=same)  # type: ignore[arg-type]
