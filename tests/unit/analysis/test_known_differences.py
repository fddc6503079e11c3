"""What Sail is known to do differently for some sizes of decimals, values and structs of types that are otherwise certified."""

import pytest
from pyspark.sql import types as T

from alur.analysis.certificate import Certified, certificate
from alur.analysis.known_differences import known_difference
from alur.analysis.python_functions import objections
from alur.analysis.signatures import Argument
from alur.analysis.type_texts import parsed_type
from tests.certification.rules import refusal


def column(text):
    """Return a column of a type."""
    return Argument(parsed_type(text))


def number(value):
    """Return a literal whole number."""
    return Argument(T.IntegerType(), is_literal=True, value=value)


def text(value):
    """Return a literal text."""
    return Argument(T.StringType(), is_literal=True, value=value)


@pytest.mark.parametrize("subject", ["*", "/", "==", "nvl", "join inner"])
def test_long_decimals_beside_floating_point_numbers(subject):
    short, long, rate = column("decimal(15,2)"), column("decimal(16,2)"), column("double")
    assert known_difference(subject, [short, rate]) is None
    assert "more than 15 digits" in known_difference(subject, [long, rate])
    assert "more than 15 digits" in known_difference(subject, [rate, long])
    assert known_difference(subject, [long, long]) is None


@pytest.mark.parametrize(
    ("source", "target", "is_known"),
    [
        ("decimal(15,15)", "double", False),
        ("decimal(18,18)", "double", True),
        ("decimal(7,2)", "float", False),
        ("decimal(8,2)", "float", True),
        ("double", "decimal(18,2)", False),
        ("decimal(38,2)", "string", False),
    ],
)
def test_casts_of_decimals(source, target, is_known):
    difference = known_difference("cast", [column(source), column(target)])
    assert (difference is not None) is is_known


def test_functions_that_make_doubles_of_decimals():
    assert known_difference("sqrt", [column("decimal(15,2)")]) is None
    assert known_difference("sqrt", [column("decimal(16,2)")])
    assert known_difference("abs", [column("decimal(16,2)")]) is None


@pytest.mark.parametrize(
    ("subject", "types", "is_known"),
    [
        ("in", "double, double, double, double", False),
        ("in", "double, double, double, double, double", True),
        ("in", "bigint, bigint, bigint, bigint, bigint", False),
        ("rollup", "string", True),
        ("group by", "string", False),
        ("array_max", "array<struct<a:string>>", True),
        ("array_sort", "array<array<string>>", True),
        ("array_max", "array<string>", False),
        ("cast", "decimal(18,6), string", False),
        ("cast", "decimal(18,7), string", True),
        ("cast", "decimal(18,7), bigint", False),
        ("concat_ws", "string, array<decimal(18,9)>", True),
        ("format_number", "decimal(10,4), int", True),
        ("format_number", "bigint, int", False),
        ("to_json", "map<string,double>", True),
        ("to_json", "map<string,string>", False),
        ("base64", "binary", True),
    ],
)
def test_texts_lookups_and_orders(subject, types, is_known):
    arguments = [column(type_) for type_ in types.split(", ")]
    assert (known_difference(subject, arguments) is not None) is is_known


@pytest.mark.parametrize(
    ("pattern", "is_known"),
    [("@.*$", True), ("a.b", True), (r"a\.b$", True), (r"\s+$", False), (r"^[^@]+\.[^@]+$", False)],
)
def test_patterns_that_meet_line_ends(pattern, is_known):
    difference = known_difference("rlike", [column("string"), text(pattern)])
    assert (difference is not None) is is_known


def test_zeros_of_different_signs():
    rate, count = column("double"), column("bigint")
    assert known_difference("greatest", [count, rate]) is None
    assert "-0.0" in known_difference("greatest", [count, rate, count])
    assert known_difference("least", [count, count, count]) is None


@pytest.mark.parametrize(
    "subject", ["intersect", "intersect all", "except", "except all", "join anti"]
)
def test_zeros_within_other_values(subject):
    assert "-0.0" in known_difference(subject, [column("array<double>")])
    assert "-0.0" in known_difference(subject, [column("struct<rates:array<float>>")])
    assert known_difference(subject, [column("double")]) is None
    assert known_difference(subject, [column("array<decimal(12,2)>")]) is None


@pytest.mark.parametrize(
    ("source", "target", "is_known"),
    [
        ("timestamp", "double", True),
        ("timestamp", "float", True),
        ("array<timestamp>", "array<double>", True),
        ("timestamp", "bigint", False),
        ("date", "double", False),
        ("string", "double", False),
    ],
)
def test_times_as_seconds(source, target, is_known):
    for time in (column(source), Argument(parsed_type(source), is_literal=True)):
        assert (known_difference("cast", [time, column(target)]) is not None) is is_known


@pytest.mark.parametrize(
    "kind", ["pandas_udf scalar", "pandas_udf scalar iter", "mapInPandas", "mapInArrow"]
)
@pytest.mark.parametrize("type_", ["bigint", "string", "array<double>"])
def test_python_functions_of_batches(kind, type_):
    assert "batches" in known_difference(kind, [column(type_)])


@pytest.mark.parametrize(
    ("type_", "is_known"),
    [
        ("bigint", True),
        ("array<int>", True),
        ("array<boolean>", True),
        ("array<struct<id:bigint>>", True),
        ("map<string,tinyint>", True),
        ("struct<name:string,at:struct<n:smallint>>", True),
        ("array<double>", False),
        ("struct<name:string,price:decimal(12,2)>", False),
        ("string", False),
    ],
)
def test_whole_numbers_that_arrow_converts_by_batches(type_, is_known):
    difference = known_difference("udf arrow", [column("date"), column(type_)])
    assert (difference is not None and "batch" in difference) is is_known


def test_python_functions_whose_values_are_the_same_in_every_batch():
    assert known_difference("udf arrow", [column("boolean")]) is None
    for kind in ("udf", "pandas_udf grouped agg", "applyInPandas"):
        assert known_difference(kind, [column("array<int>")]) is None


def test_a_python_function_is_refused_by_the_fields_of_its_structs():
    dated, counted = parsed_type("struct<on:date>"), parsed_type("struct<n:int>")
    refused = [type_ for type_, _ in objections(certificate(), "udf arrow", [dated, counted])]
    assert refused == [counted]


@pytest.mark.parametrize("word", ["now", " Today ", "epoch", "yesterday UTC"])
def test_texts_that_spark_reads_from_its_clock(word):
    assert "clock" in known_difference("==", [column("timestamp"), text(word)])
    assert "clock" in known_difference("cast", [text(word), column("date")])
    assert known_difference("==", [column("string"), text(word)]) is None


@pytest.mark.parametrize(
    ("subject", "argument", "is_known"),
    [
        ("date_add", number(100_000), False),
        ("date_add", number(-100_001), True),
        ("+", number(2**31 - 1), True),
        ("add_months", number(3_000_000), True),
        ("add_months", column("smallint"), False),
        ("==", text("2024-02-29"), False),
        ("==", text("300000-01-01"), True),
        ("<", text(" -300000-01-01"), True),
        ("concat_ws", text("-"), False),
    ],
)
def test_far_dates(subject, argument, is_known):
    difference = known_difference(subject, [column("date"), argument])
    assert (difference is not None and "9999" in difference) is is_known


@pytest.mark.parametrize(
    ("type_", "is_known"),
    [
        ("int", False),
        ("bigint", True),
        ("double", True),
        ("decimal(14,2)", False),
        ("decimal(18,0)", True),
    ],
)
def test_far_times(type_, is_known):
    difference = known_difference("cast", [column(type_), column("timestamp")])
    assert (difference is not None) is is_known


def test_structs_of_different_fields():
    one, other = column("struct<a:int>"), column("struct<b:int>")
    assert known_difference("==", [one, one]) is None
    assert "different fields" in known_difference("==", [one, other])
    assert "with maps" in known_difference(
        "array_distinct", [column("array<struct<a:map<string,int>>>")]
    )
    assert known_difference("agg count distinct", [one, column("int")]) is None


def test_the_certificate_leaves_them_to_spark():
    assert isinstance(
        certificate().verdict("*", [column("decimal(12,2)"), column("double")]), Certified
    )
    verdict = certificate().verdict("*", [column("decimal(18,2)"), column("double")])
    assert "more than 15 digits" in verdict.reason


def test_no_certified_signature_is_refused_by_a_rule():
    refused = {
        (subject, signature): reason
        for subject, results in certificate().certified.items()
        for signature in results
        if (reason := refusal(subject, signature))
    }
    assert not refused
