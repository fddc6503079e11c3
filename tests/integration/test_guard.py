"""The guard: its findings in a function's plan, with their lines."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import Window
from pyspark.sql import functions as F

from alur.analysis.certificate import Certificate
from alur.analysis.findings import Finding
from alur.analysis.guard import Guard
from alur.analysis.type_texts import parsed_schema
from alur.runtime.engines import watching
from alur.runtime.engines.engine import another_session
from alur.runtime.engines.watching import NotCertified, watched
from tests.engines import Engines

HERE = Path(__file__).parent
ORDERS = (
    "id bigint, shop string, amount decimal(12,2), rate double, at timestamp, tags array<string>"
)
SHOPS = "shop string, name string, id bigint"

# Few functions are certified here, so a test can name those that are not.
CERTIFICATE = Certificate(
    "0.0",
    "3.5",
    {
        "==": {
            "bigint, bigint": "boolean",
            "decimal, int!": "boolean",
            "string, string!": "boolean",
        },
        ">": {"decimal, int!": "boolean"},
        "+": {"decimal, decimal": "?", "bigint, int!": "bigint"},
        "*": {"bigint, int!": "bigint"},
        "and": {"boolean, boolean": "boolean"},
        "date_trunc": {"string='month', timestamp": "timestamp"},
        "coalesce": {"string, string!": "string"},
        "group by": {"string": "?"},
        "join inner": {"bigint": "?", "string": "?"},
        "agg sum": {"decimal": "?"},
        "agg count": {"int": "bigint"},
        "struct": {"double": "?"},
        "getitem": {"array<string>, int!": "string"},
        "get": {"array<string>, int!": "string"},
        "order by": {"bigint": "?"},
    },
    {
        "/": {
            "decimal, decimal": "Sail keeps six decimals: 1.00 / 3.00: Spark 0.333333333, Sail 0.333333"
        }
    },
)

Function = Callable[..., Any]


@pytest.fixture
def session(engines: Engines) -> Iterator[Any]:
    with another_session(engines.sail) as own:
        yield own


@pytest.fixture(autouse=True)
def little_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        watching, "Guard", lambda sources, line_of: Guard(sources, line_of, CERTIFICATE)
    )


def found(session: Any, function: Function) -> list[Finding]:
    """Return the guard's findings in a function's plan over orders and shops."""
    frames = {
        "orders": session.createDataFrame([], parsed_schema(ORDERS)),
        "shops": session.createDataFrame([], parsed_schema(SHOPS)),
    }
    with watched(frames, HERE, stops=False) as watch:
        frame = function(**frames)
    assert watch.guard
    watch.guard.read(frame._plan.to_proto(session.client).root)
    return watch.findings


def subjects(session: Any, function: Function) -> list[str]:
    return [finding.subject for finding in found(session, function)]


def test_what_is_certified_is_not_found(session):
    def function(orders, shops):
        wanted = (F.col("amount") > 0) & (F.col("shop") == "a")
        joined = orders.where(wanted).join(shops.withColumnRenamed("id", "other"), "shop")
        month = F.date_trunc("month", "at").alias("month")
        twice = (F.col("amount") + F.col("amount")).alias("twice")
        return joined.select("shop", month, twice).drop("month")

    assert subjects(session, function) == []


def test_a_finding_has_the_function_its_types_the_line_and_what_is_known(session):
    def function(orders, shops):
        shares = orders.withColumn("one", F.col("id") + 1)
        return shares.withColumn(
            "share",
            F.col("amount") / F.col("amount"),
        )

    (finding,) = found(session, function)
    assert finding.subject == "/ (decimal, decimal)"
    assert finding.reason.startswith("Sail keeps six decimals")
    assert finding.where is not None
    line = linecache.getline(finding.where.path, finding.where.line)
    assert line.strip() == 'F.col("amount") / F.col("amount"),'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount = 1 and shop = 'b'", []),
        ("amount / amount = 1", ["/ (decimal, decimal)"]),
        ("amount > 0.5", ["> (decimal, decimal)"]),
        ("amount +* 2 > 1", ["SQL text 'amount +* 2 > 1'"]),
        ("shop = 'it\\'s'", ["SQL text \"shop = 'it\\\\'s'\""]),
        ("id in (select id from t)", ["SQL text 'id in (select id from t)'"]),
        (
            "transform(tags, x -> upper(x)) is null",
            ["SQL text 'transform(tags, x -> upper(x)) is null'"],
        ),
    ],
)
def test_sql_text_is_read_or_refused(session, text, expected):
    assert subjects(session, lambda orders, shops: orders.where(text)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (Window.unboundedPreceding, Window.currentRow, "over sum range (bigint)"),
        (Window.currentRow, Window.unboundedFollowing, "over sum range (bigint)"),
        (-7, Window.currentRow, "over sum range of values (bigint)"),
        (Window.unboundedPreceding, -1, "over sum range of values (bigint)"),
    ],
)
def test_a_frame_with_a_distance_of_values_differs_from_other_ranges(session, start, end, expected):
    def function(orders, shops):
        window = Window.partitionBy("shop").orderBy("id").rangeBetween(start, end)
        return orders.select(F.sum("id").over(window).alias("total"))

    assert subjects(session, function)[-1] == expected


@pytest.mark.parametrize(
    ("start", "end", "is_found"),
    [
        (2, 1, True),
        (Window.currentRow, -1, True),
        (-1, -1, False),
        (Window.unboundedPreceding, Window.unboundedFollowing, False),
    ],
)
def test_a_frame_that_ends_before_it_starts_is_found(session, start, end, is_found):
    def function(orders, shops):
        window = Window.partitionBy("shop").orderBy("id").rowsBetween(start, end)
        return orders.select(F.sum("id").over(window).alias("total"))

    assert ("a window frame" in subjects(session, function)) is is_found


def test_floating_point_numbers_within_a_key_are_found(session):
    def function(orders, shops):
        return orders.select(F.struct("rate").alias("key")).groupBy("key").count()

    reasons = [finding.reason for finding in found(session, function)]
    assert any("Sail distinguishes -0.0 from 0.0" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"shop": 0}, ["fillna"]),
        ({"shop": "?"}, ["fillna (string, string)"]),
        (True, []),
        (1e20, ["fillna (bigint, double)", "fillna"]),
        (2**40, ["fillna (bigint, int)"]),
    ],
)
def test_a_filling_of_another_type_is_found(session, values, names):
    def function(orders, shops):
        return orders.select("shop", "id").fillna(values)

    assert subjects(session, function) == names


@pytest.mark.parametrize("part", ["tags[-2]", "get(tags, -2)"])
def test_a_negative_place_in_an_array_is_found(session, part):
    (finding,) = found(session, lambda orders, shops: orders.select(F.expr(part).alias("tag")))
    assert finding.subject.endswith("(array<string>, int)")
    assert "counts from its end" in finding.reason
    first = part.replace("-2", "0")
    assert subjects(session, lambda orders, shops: orders.select(F.expr(first).alias("tag"))) == []


def test_a_literal_that_decides_the_meaning_is_certified_by_itself(session):
    def function(orders, shops):
        return orders.select(F.date_trunc("quarter", "at").alias("q"))

    assert subjects(session, function) == ["date_trunc (string, timestamp)"]


def test_types_are_sparks_where_nothing_says_them_but_sizes_of_decimals(session):
    def function(orders, shops):
        twice = orders.withColumn("twice", F.col("amount") + F.col("amount"))
        return twice.groupBy("shop").agg(F.sum("twice").alias("total"))

    frames = {"orders": session.createDataFrame([], parsed_schema(ORDERS))}
    with watched(frames, HERE, stops=False) as watch:
        frame = function(**frames, shops=None)
    schema = watch.guard.read(frame._plan.to_proto(session.client).root)
    # A sum of two decimal(12,2) is a decimal(13,2); an aggregate has ten more digits.
    assert schema.simpleString() == "struct<shop:string,total:decimal(23,2)>"


@pytest.mark.parametrize(
    ("function", "subject"),
    [
        (lambda orders, shops: orders.limit(3), "limit"),
        (lambda orders, shops: orders.dropDuplicates(["shop"]), "dropDuplicates"),
        (lambda orders, shops: orders.orderBy("shop").limit(3), "order by string"),
        (lambda orders, shops: orders.sample(0.5, seed=1), "sample"),
        (lambda orders, shops: orders.join(orders, orders["id"] == orders["id"]), "column 'id'"),
        (
            lambda orders, shops: orders.sparkSession.createDataFrame([(1,)], "id int"),
            "createDataFrame",
        ),
        (lambda orders, shops: orders.crossJoin(shops).select("id"), "column 'id'"),
        (lambda orders, shops: orders.withColumn("ID", F.lit(1)), "column 'ID'"),
        (
            lambda orders, shops: orders.union(orders.select("*")).select("nothing"),
            "column 'nothing'",
        ),
        (lambda orders, shops: orders.join(shops, "shop", "left"), "join left string"),
    ],
)
def test_what_has_no_certain_rows_or_names_is_found(session, function, subject):
    assert subject in subjects(session, function)


def checked(session: Any, function: Function) -> None:
    """Check a function's frame like a run that may continue on another engine."""
    frames = {
        "orders": session.createDataFrame([], parsed_schema(ORDERS)),
        "shops": session.createDataFrame([], parsed_schema(SHOPS)),
    }
    with watched(frames, HERE, stops=True) as watch:
        frame = function(**frames)
    watch.check(frame)


def test_a_name_that_sail_sees_and_alur_does_not_is_no_certificate(session):
    with pytest.raises(NotCertified, match="column 'ID'"):
        checked(session, lambda orders, shops: orders.select("ID"))


def test_of_a_name_that_stands_for_nothing_sail_says_more(session):
    with pytest.raises(AnalysisException, match="nothing"):
        checked(session, lambda orders, shops: orders.select("nothing"))


def test_rows_of_a_name_that_alur_does_not_see_never_reach_the_function(session):
    with pytest.raises(NotCertified, match="column 'ID'"):
        checked(session, lambda orders, shops: orders if orders.select("ID").collect() else shops)


def test_keys_in_sql_text_and_of_expressions_are_keys(session):
    def by_text(orders, shops):
        return orders.alias("o").join(shops.alias("s"), F.expr("o.shop = s.name"), "left")

    def by_expression(orders, shops):
        doubled = F.coalesce(F.col("o.shop"), F.lit("")) == F.col("s.name")
        return orders.alias("o").join(shops.alias("s"), doubled, "left")

    assert "join left string" in subjects(session, by_text)
    assert "join left string" in subjects(session, by_expression)


def test_a_distinct_aggregate_over_a_window_is_not_the_plain_one(session):
    def function(orders, shops):
        everything = Window.partitionBy("shop")
        return orders.withColumn("n", F.count_distinct("id").over(everything))

    assert "over count distinct partition (bigint)" in subjects(session, function)


def test_ordered_rows_may_be_limited(session):
    assert subjects(session, lambda orders, shops: orders.orderBy("id").limit(3)) == []


def test_a_column_of_a_frame_is_found_behind_a_join(session):
    def function(orders, shops):
        joined = orders.join(shops, orders["id"] == shops["id"])
        return joined.select((orders["id"] * 2).alias("twice"), shops["name"])

    assert subjects(session, function) == []


def test_a_column_that_was_replaced_is_not_the_frames_any_more(session):
    def function(orders, shops):
        return orders.withColumn("id", F.col("id") + 1).select((orders["id"] * 2).alias("twice"))

    assert subjects(session, function) == ["column 'id'"]


def test_views_are_read_and_whole_statements_are_not(session):
    def of_view(orders, shops):
        orders.createOrReplaceTempView("o")
        return orders.sparkSession.table("o").where("o.amount = 1")

    def of_statement(orders, shops):
        orders.createOrReplaceTempView("o")
        return orders.sparkSession.sql("select * from o")

    assert subjects(session, of_view) == []
    assert "a whole SQL statement" in subjects(session, of_statement)


def test_a_setting_is_found(session):
    def function(orders, shops):
        orders.sparkSession.conf.set("spark.sql.ansi.enabled", "true")
        return orders

    assert subjects(session, function) == ["the setting spark.sql.ansi.enabled"]


def test_rows_that_are_not_certified_never_reach_the_function(session):
    reached = []

    def function(orders):
        try:
            reached.append(orders.select(F.col("amount") / F.col("amount")).collect())
        except Exception:
            reached.append("swallowed")

    frames = {"orders": session.createDataFrame([], parsed_schema(ORDERS))}
    with (
        pytest.raises(NotCertified, match=r"/ \(decimal, decimal\)"),
        watched(frames, HERE, stops=True),
    ):
        function(**frames)
    assert reached == []


def test_rows_that_are_certified_do(session):
    frames = {"orders": session.createDataFrame([], parsed_schema(ORDERS))}
    with watched(frames, HERE, stops=True):
        assert frames["orders"].where("amount = 1").collect() == []


def test_a_window_is_certified_by_function_frame_and_keys(session):
    def function(orders, shops):
        ordered = Window.partitionBy("shop").orderBy("at")
        return orders.withColumn("n", F.row_number().over(ordered))

    assert subjects(session, function) == [
        "partition by string",
        "order in window timestamp",
        "over row_number ordered ()",
    ]
