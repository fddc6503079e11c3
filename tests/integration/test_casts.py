"""Rows of a pipeline are cast to the contract's types by Spark's rules, on both engines: every pair, edge values."""

from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import zip_longest
from math import inf, isnan, nan

import numpy as np

from alur.errors import SchemaError
from tests.engines import each_engine

LOST = "lost"
D = Decimal
UTC = timezone.utc
# Doubles and floats with their texts in Java 17.
DOUBLES = {
    0.0: "0.0",
    1.005: "1.005",
    -1.005: "-1.005",
    2.675: "2.675",
    0.5: "0.5",
    -2.5: "-2.5",
    100.0: "100.0",
    0.001: "0.001",
    0.0009999: "9.999E-4",
    1e-5: "1.0E-5",
    1.5e-10: "1.5E-10",
    9999999.0: "9999999.0",
    1e7: "1.0E7",
    12345678.9: "1.23456789E7",
    2147483647.5: "2.1474836475E9",
    2147483648.0: "2.147483648E9",
    9999999999.994: "9.999999999994E9",
    9999999999.995: "9.999999999995E9",
    1e15: "1.0E15",
    123456789012345680.0: "1.2345678901234568E17",
    2715934473542021100.0: "2.7159344735420211E18",
    9.223372036854775807e18: "9.223372036854776E18",
    8.41e21: "8.409999999999999E21",
    1e23: "9.999999999999999E22",
    2e-323: "2.0E-323",
    5e-324: "4.9E-324",
    1.7976931348623157e308: "1.7976931348623157E308",
    inf: "Infinity",
    -inf: "-Infinity",
    nan: "NaN",
    1 / 3: "0.3333333333333333",
}
FLOATS = {
    0.0: "0.0",
    0.1: "0.1",
    1.005: "1.005",
    2.5: "2.5",
    9999999.0: "9999999.0",
    1e7: "1.0E7",
    12345679.0: "1.2345679E7",
    2147483648.0: "2.14748365E9",
    3.4028234663852886e38: "3.4028235E38",
    1.401298464324817e-45: "1.4E-45",
    -inf: "-Infinity",
    nan: "NaN",
}
STRINGS = {
    # text: bigint, double, decimal(12,2), boolean, date
    "1": (1, 1.0, D("1.00"), True, LOST),
    " 1\t": (1, 1.0, D("1.00"), True, LOST),
    "-1.0": (LOST, -1.0, D("-1.00"), LOST, LOST),
    "1.5": (LOST, 1.5, D("1.50"), LOST, LOST),
    "1.005": (LOST, 1.005, D("1.01"), LOST, LOST),
    ".5": (LOST, 0.5, D("0.50"), LOST, LOST),
    "1e3": (LOST, 1000.0, LOST, LOST, LOST),
    "9223372036854775807": (2**63 - 1, float(2**63), LOST, LOST, LOST),
    "9223372036854775808": (LOST, float(2**63), LOST, LOST, LOST),
    "NaN": (LOST, nan, LOST, LOST, LOST),
    "-Infinity": (LOST, -inf, LOST, LOST, LOST),
    "1d": (LOST, LOST, LOST, LOST, LOST),
    "1\x00": (LOST, LOST, LOST, LOST, LOST),
    "\u00a01": (LOST, LOST, LOST, LOST, LOST),
    "٣": (LOST, LOST, LOST, LOST, LOST),
    "1,000": (LOST, LOST, LOST, LOST, LOST),
    "1_000": (LOST, LOST, LOST, LOST, LOST),
    "": (LOST, LOST, LOST, LOST, LOST),
    "TRUE": (LOST, LOST, LOST, True, LOST),
    "no": (LOST, LOST, LOST, False, LOST),
    "2024": (2024, 2024.0, D("2024.00"), LOST, date(2024, 1, 1)),
    "2024-2-9": (LOST, LOST, LOST, LOST, date(2024, 2, 9)),
    "2023-02-29": (LOST, LOST, LOST, LOST, LOST),
    "2024-02-29 12:00:00": (LOST, LOST, LOST, LOST, date(2024, 2, 29)),
    " 2024-02-29": (LOST, LOST, LOST, LOST, LOST),
    "2024-02-29T12:00:00Z": (LOST, LOST, LOST, LOST, LOST),
    "2024-02-29 x": (LOST, LOST, LOST, LOST, LOST),
}
VALUES = {
    "double": [*DOUBLES, -0.0],
    "float": list(FLOATS),
    "decimal(12,2)": [D("0.00"), D("-0.01"), D("2.50"), D("9999999999.99"), D("-123.45")],
    "decimal(38,10)": [
        *map(D, ("0E-10", "1E-10", "-1E-10", "0.0000010000", "1.0050000000", "-2.0050000000")),
        *map(D, ("9999999999.9949999999", "9999999999.9950000000", "2147483648.0000000000")),
        D("9999999999999999999999999999.9999999999"),
    ],
    "bigint": [0, -1, 2**31, 2**53 + 1, 10**10 - 1, 10**10, 2**63 - 1, -(2**63)],
    "int": [0, 2**31 - 1, -(2**31), 2**24 + 1],
    "boolean": [True, False],
    "date": [date(1, 1, 1), date(1582, 10, 4), date(1969, 12, 31), date(9999, 12, 31)],
    "timestamp": [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1582, 10, 4, 1, 2, 3, 4, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 30, 0, 120_000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    "string": list(STRINGS),
}
TARGETS = {
    "string": "str",
    "bigint": "int",
    "int": "Int32",
    "double": "float",
    "float": "Float32",
    "boolean": "bool",
    "date": "date",
    "timestamp": "datetime",
    "decimal(12,2)": "Decimal | None = Field(max_digits=12, decimal_places=2)",
    "decimal(38,10)": "Decimal | None = Field(max_digits=38, decimal_places=10)",
}
NUMBERS = ("double", "float", "decimal(12,2)", "decimal(38,10)", "bigint", "int")
TARGETS_OF = {
    **dict.fromkeys(NUMBERS, ("string", *NUMBERS)),
    "boolean": ("string", "boolean"),
    "date": ("string", "date", "timestamp"),
    "timestamp": ("string", "date", "timestamp"),
    "string": ("string", "bigint", "double", "decimal(12,2)", "boolean", "date"),
}


def as_text(source, value):
    match source:
        case "double" | "float":
            if repr(value) == "-0.0":
                return "-0.0"
            found = {"double": DOUBLES, "float": FLOATS}[source]
            return next(text for number, text in found.items() if repr(number) == repr(value))
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            seconds, _, fraction = value.isoformat(sep=" ").removesuffix("+00:00").partition(".")
            return f"{seconds}.{fraction.rstrip('0')}" if fraction else seconds
        case _:
            return str(value)


def as_decimal(source, value, precision, scale):
    if source == "float":
        # Through the float's value as a double.
        value = float(np.float32(value))
    text = DOUBLES.get(value, repr(value)) if source in ("double", "float") else str(value)
    if text.lower() in ("nan", "infinity", "-infinity", "inf", "-inf"):
        return LOST
    with localcontext() as context:
        context.prec = 400
        rounded = D(text).quantize(D(1).scaleb(-scale), ROUND_HALF_UP)
    return rounded if abs(rounded) < D(10) ** (precision - scale) else LOST


def as_integer(value, bits):
    if isinstance(value, float) and (isnan(value) or value in (inf, -inf)):
        return LOST
    whole = int(value)
    return whole if whole == value and -(2 ** (bits - 1)) <= whole < 2 ** (bits - 1) else LOST


def expected(source, target, value):
    """Return the result of Spark's rules for a value."""
    if source == target:
        return float(np.float32(value)) if source == "float" else value
    if source == "string":
        order = ("bigint", "double", "decimal(12,2)", "boolean", "date")
        return STRINGS[value][order.index(target)]
    match target:
        case "string":
            return as_text(source, value)
        case "bigint" | "int":
            return as_integer(value, 64 if target == "bigint" else 32)
        case "double":
            return float(np.float32(value)) if source == "float" else float(value)
        case "float":
            with np.errstate(over="ignore"):
                return float(np.float32(float(value)))
        case "date":
            return value.date()
        case "timestamp":
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case "decimal(12,2)":
            return as_decimal(source, value, 12, 2)
        case _:
            return as_decimal(source, value, 38, 10)


def name(source, target):
    """Return the name of the column with casts from one type to the other."""
    return "".join(c if c.isalnum() else "_" for c in f"{source}_to_{target}")


PAIRS = {
    name(source, target): (source, target)
    for source, targets in TARGETS_OF.items()
    for target in targets
}


def declare(project):
    """Declare a column for each pair of types; a row holds the values of one number, one of each type."""
    fields = "\n".join(
        f"    {pair}: {TARGETS[target]}" + ("" if " = " in TARGETS[target] else " | None")
        for pair, (_, target) in PAIRS.items()
    )
    flags = "\n".join(f"    {pair}: bool" for pair in PAIRS)
    fits = {
        pair: [n for n, v in enumerate(VALUES[source]) if expected(source, target, v) != LOST]
        for pair, (source, target) in PAIRS.items()
    }
    rows = [(n, *values) for n, values in enumerate(zip_longest(*VALUES.values()))]
    project.declare(
        f"""
class Raw(BronzeTable):
    n: int

class Same(SilverTable, key="n"):
    n: int
{fields}

class Lost(SilverTable, key="n"):
    n: int
{flags}
""",
        f"""
import datetime
from decimal import Decimal
from math import inf, nan

from pyspark.sql import types as T
from alur.runtime.conforming import loses_values, lost_value
from alur.runtime.engines.spelled_numbers import spelled_out

ROWS = {rows!r}
FITS = {fits!r}
PAIRS = {PAIRS!r}
TYPES = {{
    "double": T.DoubleType(), "float": T.FloatType(), "bigint": T.LongType(), "int": T.IntegerType(),
    "boolean": T.BooleanType(), "date": T.DateType(), "timestamp": T.TimestampType(), "string": T.StringType(),
    "decimal(12,2)": T.DecimalType(12, 2), "decimal(38,10)": T.DecimalType(38, 10),
}}

def values(raw):
    columns = [T.StructField(name, TYPES[name]) for name in {list(VALUES)!r}]
    schema = T.StructType([T.StructField("n", T.IntegerType()), *columns])
    return raw.sparkSession.createDataFrame(ROWS, schema)

@pipeline(sources={{"raw": files("raw.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Same)
def convert(raw):
    return values(raw).select("n", *(
        F.when(F.col("n").isin(FITS[pair]), F.col(f"`{{source}}`")).alias(pair)
        for pair, (source, _) in PAIRS.items()
    ))

@pipeline(sources={{"raw": Raw}}, target=Lost)
def lose(raw):
    paired = values(raw).select("n", *(F.col(f"`{{source}}`").alias(p) for p, (source, _) in PAIRS.items()))
    targets = {{pair: TYPES[target] for pair, (_, target) in PAIRS.items()}}
    spelled = spelled_out(paired, paired.schema, targets)
    types = {{field.name: field.dataType for field in spelled.schema.fields}}
    return spelled.select("n", *(
        (lost_value(pair, types[pair], target).isNotNull() if loses_values(types[pair], target) else F.lit(False))
        .alias(pair)
        for pair, target in targets.items()
    ))
""",
    )
    project.land("raw.csv", "n\n1\n")


def same(one, other):
    """Return whether value and type are the same; NaN equals itself, and -0.0 differs from 0.0."""
    return (
        repr(one) == repr(other)
        if isinstance(one, float)
        else one == other and type(one) is type(other)
    )


@each_engine
def test_every_value_becomes_what_sparks_rules_make_of_it(project):
    declare(project)
    project.run().all_succeeded()
    found = {row["n"]: row for row in project.arrow("same").to_pylist()}
    lost = {row["n"]: row for row in project.arrow("lost").to_pylist()}
    wrong = []
    for pair, (source, target) in PAIRS.items():
        for n, value in enumerate(VALUES[source]):
            wanted = expected(source, target, value)
            kept = None if wanted == LOST else wanted
            if lost[n][pair] != (wanted == LOST) or not same(found[n][pair], kept):
                wrong.append((pair, value, found[n][pair], lost[n][pair]))
    assert wrong == []


@each_engine
def test_a_value_that_does_not_fit_stops_the_write(project):
    project.declare(
        """
class Raw(BronzeTable):
    x: float

class T(SilverTable):
    x: Decimal = Field(max_digits=6, decimal_places=2)
""",
        """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=T)
def write(raw):
    return raw.select("x")
""",
    )
    project.land("raw.csv", "x\n1.005\n9999.995\nNaN\n")
    error = project.run().error("write")
    assert isinstance(error, SchemaError)
    assert "2 values of column 'x' cannot become decimal(6,2): " in error.message
    project.land("raw.csv", "x\n1.005\n9999.994\n")
    project.run().all_succeeded()
    assert project.rows("t") == [(D("1.01"),), (D("9999.99"),)]
