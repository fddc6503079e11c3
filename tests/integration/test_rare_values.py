"""Expressions over rare values: rows are Spark's, and a notice gives the reason where they come from Spark."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.engines import each_engine
from tests.integration.test_sail_limits import run_on_auto
from tests.tiny_project import TinyProject

CONTRACTS = """
    class Raw(BronzeTable):
        id: int
        x: float
        small: Decimal = Field(max_digits=18, decimal_places=9)
        text: str
"""
LOAD = """
    from datetime import date, datetime

    @pipeline(sources={"new": files("raw/*.csv", schema=Raw)}, target=Raw)
    def load(new):
        return new
"""


@dataclass(frozen=True)
class Case:
    """An expression over the only row, and Spark's value as text.

    Attributes:
        reason: a part of the notice; None if the pipeline stays on Sail.
    """

    expression: str
    value: str
    reason: str | None


ODD = "letters with an odd upper or lower case"
FAR = "far beyond the year 9999"
CASES = {
    "many": Case('F.col("x").isin(0.0, 1.0, 2.0, 3.0)', "true", "tells -0.0 from 0.0"),
    "few": Case('F.col("x").isin(0.0, 1.0, 2.0)', "true", None),
    "either": Case(
        '(F.col("x") == 0) | (F.col("x") == 1.0) | (F.col("x") == 2.0) | (F.col("x") == 3.0)',
        "true",
        "alternatives with zero",
    ),
    "in_text": Case(
        'F.expr("x = 0.0 OR x = 1.0 OR x = 2.0 OR x = 3.0")', "true", "alternatives with zero"
    ),
    "pattern": Case('F.regexp_replace("text", "@.*$", "")', "user\n", "at a line's end"),
    "escaped": Case('F.regexp_replace("text", "@", "-")', "user-host\n", None),
    "digits": Case('F.col("small").cast("string")', "5.00E-7", "with an exponent"),
    "joined": Case('F.concat_ws("-", "small", "id")', "5.00E-7-1", "with an exponent"),
    "halves": Case('F.format_number(F.lit(Decimal("2.675")), 2)', "2.68", "rounds a decimal"),
    "lines": Case('F.length(F.base64(F.concat(*["text"] * 6).cast("binary")))', "82", "76"),
    "greatest_element": Case(
        'F.array_max(F.array(F.array(F.lit(None).cast("string"), "text"), F.array("text", F.lit(None).cast("string"))))[0]',
        "user@host\n",
        "null first",
    ),
    "json": Case("F.to_json(F.array(F.lit(1e22)))", "[1.0E22]", "with an exponent"),
    "old_time": Case(
        "F.lit(datetime(1500, 3, 1))", "1500-02-20 00:00:00", "a date or time before 1582-10-15"
    ),
    "twice": Case('F.lower(F.upper(F.concat("text", F.lit("ß"))))', "user@host\nß", ODD),
    "new_letter": Case('F.upper(F.concat("text", F.lit("\\u2c5f")))', "USER@HOST\n\u2c5f", ODD),
    "umlaut": Case('F.upper(F.concat("text", F.lit("ü")))', "USER@HOST\nÜ", None),
    "function_of_float": Case('F.udf(lambda x: 1e16)("text")', "1.0E16", "as string"),
    "function_of_text": Case('F.udf(lambda x: f"{len(x)}!")("text")', "10!", None),
    "function_of_floats": Case(
        'F.udf(lambda x: [1e16], "array<string>")("text")[0]', "1.0E16", "as array<string>"
    ),
    "function_of_keys": Case(
        'F.map_keys(F.udf(lambda x: {2.5e7: 1}, "map<string,bigint>")("text"))[0]',
        "2.5E7",
        "as map",
    ),
    "function_of_truth": Case(
        'F.coalesce(F.udf(lambda x: True, "int")("id").cast("string"), F.lit("no number"))',
        "no number",
        "a bool that a Python function returns as int",
    ),
    "function_of_texts": Case('F.udf(str.split, "array<string>")("text")[0]', "user@host", None),
    "function_of_days": Case(
        'F.udf(lambda x: x.replace(day=1), "date")(F.lit(date(2024, 2, 29)))', "2024-02-01", None
    ),
    "next_number": Case('F.udf(lambda x: x + 1, "bigint")("id")', "2", None),
    "far_day": Case("F.month(F.date_add(F.lit(date(2024, 1, 1)), 100_000_000))", "9", FAR),
    "far_month": Case("F.year(F.add_months(F.lit(date(2024, 1, 1)), 3_200_000))", "268690", FAR),
    "far_literal": Case('F.year(F.lit("+270000-01-01").cast("date"))', "270000", FAR),
    "far_text": Case(
        'F.hour(F.when(F.col("id") == 1, F.lit("290001-01-01 05:00:00")).otherwise(F.col("text")).cast("timestamp"))',
        "5",
        "a year of six digits",
    ),
    "far_seconds": Case(
        'F.month((F.col("id").cast("decimal(18,0)") * 8_500_000_000_000).cast("timestamp"))',
        "4",
        FAR,
    ),
    "zero": Case(
        'F.when(F.col("id") == 1, F.lit(-0.0)).otherwise(F.lit(0))', "0.0", "literal -0.0"
    ),
    "json_number": Case("""F.get_json_object(F.lit('{"ms": 1.50}'), "$.ms")""", "1.5", "writes"),
    "url_key": Case(
        'F.parse_url(F.lit("http://h/?a=%20"), F.lit("QUERY"), F.lit("a"))', "%20", "URLs"
    ),
    "function_of_int": Case('F.udf(lambda x: 7)("text")', "7", None),
}


def declare(project: TinyProject) -> None:
    contracts, pipelines = CONTRACTS, LOAD
    for name, case in CASES.items():
        target = name.title().replace("_", "")
        contracts += f"""
    class {target}(SilverTable, key="id"):
        id: int
        value: str
"""
        pipelines += f"""
    @pipeline(sources={{"raw": Raw}}, target={target})
    def {name}(raw):
        return raw.select("id", ({case.expression}).cast("string").alias("value"))
"""
    project.declare(contracts, pipelines)
    project.land("raw/a.csv", 'id,x,small,text\n1,-0.0,0.0000005,"user@host\n"\n')


def assert_as_on_spark(project: TinyProject) -> None:
    names = {name: name.replace("_", "") for name in CASES}
    found = {name: project.rows(_table(project, table)) for name, table in names.items()}
    assert found == {name: [(1, case.value)] for name, case in CASES.items()}


def _table(project: TinyProject, target: str) -> str:
    tables = {c.name.lower(): c.table for c in project.as_declared().contracts}
    return tables[target]


def test_rows_are_sparks_and_notices_say_why(project: TinyProject) -> None:
    declare(project)
    notices = run_on_auto(project)
    assert_as_on_spark(project)
    reasons = {name: case.reason for name, case in CASES.items() if case.reason}
    assert set(notices) == set(reasons)
    wrong = {name: notices[name] for name, reason in reasons.items() if reason not in notices[name]}
    assert wrong == {}


def test_the_same_rows_on_spark_alone(project: TinyProject) -> None:
    project.engine = "spark"
    declare(project)
    project.run().all_succeeded()
    assert_as_on_spark(project)


FRAMES = {
    "filled": (
        'raw.select(F.lit(None).cast("string").alias("value")).fillna({"value": 0})',
        "0",
        "is not of the type of 'value'",
    ),
    "once": (
        'raw.select("x").dropDuplicates(["x"]).select(F.col("x").cast("string").alias("value"))',
        "0.0",
        "drop duplicates double",
    ),
}


@each_engine
def test_frames_over_rare_values(project: TinyProject, engine: str) -> None:
    contracts, pipelines = CONTRACTS, LOAD
    for name, (frame, _, _) in FRAMES.items():
        contracts += f"""
    class {name.title()}(GoldTable):
        value: str
"""
        pipelines += f"""
    @pipeline(sources={{"raw": Raw}}, target={name.title()})
    def {name}(raw):
        return {frame}
"""
    project.declare(contracts, pipelines)
    project.land("raw/a.csv", "id,x,small,text\n1,-0.0,0,a\n")
    if engine == "sail":
        notices = run_on_auto(project)
        assert all(reason in notices[name] for name, (_, _, reason) in FRAMES.items()), notices
    else:
        project.engine = engine
        project.run().all_succeeded()
    found = {name: project.rows(name) for name in FRAMES}
    assert found == {name: [(value,)] for name, (_, value, _) in FRAMES.items()}


@each_engine
@pytest.mark.parametrize("totals", ["rollup", "cube"])
def test_totals_of_no_rows(project: TinyProject, engine: str, totals: str) -> None:
    project.declare(
        CONTRACTS
        + """
    class Totals(GoldTable):
        text: str | None
        rows: int
""",
        LOAD
        + f"""
    @pipeline(sources={{"raw": Raw}}, target=Totals)
    def total(raw):
        return raw.filter("id < 0").{totals}("text").agg(F.count("*").alias("rows"))
""",
    )
    project.land("raw/a.csv", "id,x,small,text\n1,0.0,0,a\n")
    if engine == "sail":
        assert "over no rows" in run_on_auto(project)["total"]
    else:
        project.engine = engine
        project.run().all_succeeded()
    assert project.rows("totals") == []
