"""Every column type carries every value from a landing file through both engines into Iceberg tables."""

import time
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from math import inf, nan
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur import SilverTable
from alur.testing import rows as rows_from

CONTRACTS = """
    class Colour(Enum):
        RED = "red"
        BLUE = "blue"

    class Place(BaseModel):
        city: str
        lat: float | None
        visited: list[date | None]

    class Everything(BronzeTable):
        n: int
        string: str | None
        bigint: int | None
        small: Int32 | None
        double: float | None
        single: Float32 | None
        yes: bool | None
        blob: bytes | None
        day: date | None
        instant: datetime | None
        money: Decimal | None = Field(max_digits=38, decimal_places=10)
        cents: Decimal | None = Field(max_digits=9, decimal_places=2)
        size: Literal["S", "L"] | None
        colour: Colour | None
        tags: list[str | None] | None
        scores: dict[str, int | None] | None
        place: Place | None
        places: list[Place | None] | None
        by_name: dict[str, Place | None] | None
        grid: list[list[int | None] | None] | None

    class Same(SilverTable, key="n"):
        n: int
        string: str | None
        bigint: int | None
        small: Int32 | None
        double: float | None
        single: Float32 | None
        yes: bool | None
        blob: bytes | None
        day: date | None
        instant: datetime | None
        money: Decimal | None = Field(max_digits=38, decimal_places=10)
        cents: Decimal | None = Field(max_digits=9, decimal_places=2)
        size: Literal["S", "L"] | None
        colour: Colour | None
        tags: list[str | None] | None
        scores: dict[str, int | None] | None
        place: Place | None
        places: list[Place | None] | None
        by_name: dict[str, Place | None] | None
        grid: list[list[int | None] | None] | None
"""
PIPELINES = """
    @pipeline(
        sources={"rows": files("everything/*.parquet", schema=Everything, format="parquet")},
        target=Everything,
        mode="append",
    )
    def load(rows):
        return rows

    @pipeline(sources={"rows": Everything}, target=Same, mode="merge")
    def copy(rows):
        return rows.drop("_ingested_at", "_source_file", "_run_id")
"""
PLACE = pa.struct(
    [("city", pa.string()), ("lat", pa.float64()), ("visited", pa.list_(pa.date32()))]
)
SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("string", pa.string()),
        ("bigint", pa.int64()),
        ("small", pa.int32()),
        ("double", pa.float64()),
        ("single", pa.float32()),
        ("yes", pa.bool_()),
        ("blob", pa.binary()),
        ("day", pa.date32()),
        ("instant", pa.timestamp("us", tz="UTC")),
        ("money", pa.decimal128(38, 10)),
        ("cents", pa.decimal128(9, 2)),
        ("size", pa.string()),
        ("colour", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("scores", pa.map_(pa.string(), pa.int64())),
        ("place", PLACE),
        ("places", pa.list_(PLACE)),
        ("by_name", pa.map_(pa.string(), PLACE)),
        ("grid", pa.list_(pa.list_(pa.int64()))),
    ]
)
HERE = {"city": "Åre", "lat": None, "visited": [date(1582, 10, 4), None]}
BERLIN = ZoneInfo("Europe/Berlin")
VALUES = {
    "string": [
        "",
        " ",
        "null",
        'a,b\n"c"\t\\',
        "日本語",
        "👩‍👩‍👧 é",
        "\x00",
        "x" * 100_000,
    ],
    "bigint": [0, -1, 2**63 - 1, -(2**63)],
    "small": [0, 2**31 - 1, -(2**31)],
    "double": [0.1, -0.0, inf, -inf, nan, 5e-324, 1.7976931348623157e308],
    "single": [0.5, inf, -inf, nan, 2.0**-149, 3.4028234663852886e38],
    "yes": [True, False],
    "blob": [b"", b"\x00\xff", bytes(range(256))],
    "day": [date(1, 1, 1), date(1582, 10, 15), date(1969, 12, 31), date(9999, 12, 31)],
    "instant": [
        datetime(1, 1, 1, tzinfo=timezone.utc),
        datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
        datetime(2024, 3, 31, 1, 59, 59, 999_999, tzinfo=BERLIN),
        datetime(2024, 3, 31, 3, 0, tzinfo=BERLIN),
        datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=0),
        datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
    ],
    "money": [
        Decimal("9999999999999999999999999999.9999999999"),
        Decimal("-9999999999999999999999999999.9999999999"),
        Decimal("0.0000000001"),
        Decimal("0E-10"),
    ],
    "cents": [Decimal("9999999.99"), Decimal("-0.01")],
    "size": ["S", "L"],
    "colour": ["red", "blue"],
    "tags": [[], [None], ["", "é", None]],
    "scores": [[], [("", None), ("é", -(2**63))]],
    "place": [HERE, {"city": "", "lat": nan, "visited": []}],
    "places": [[], [None], [HERE, None, {"city": "B", "lat": -0.0, "visited": [None]}]],
    "by_name": [[], [("a", None), ("b", HERE)]],
    "grid": [[], [[]], [None, [None], [1, -1]]],
}


def rows():
    """Return a row for each value, all else null; then a row of all first values, and one of all last values."""
    found = [{column: value} for column, values in VALUES.items() for value in values]
    found.append({column: values[0] for column, values in VALUES.items()})
    found.append({column: values[-1] for column, values in VALUES.items()})
    found.append({})
    return [{"n": n, **row} for n, row in enumerate(found)]


def expected(table):
    """Return the rows as values that compare equal, including NaN."""
    return [repr(row) for row in table.select(SCHEMA.names).cast(SCHEMA).to_pylist()]


@pytest.fixture(scope="module")
def source():
    return pa.Table.from_pylist(rows(), schema=SCHEMA)


def test_all_values_arrive_on_both_engines(twins, source):
    for project in twins:
        project.declare(CONTRACTS, PIPELINES)
        folder = project.root / "landing" / "everything"
        folder.mkdir(parents=True)
        pq.write_table(source.slice(0, 30), folder / "1.parquet")
        pq.write_table(source.slice(30), folder / "2.parquet")
        project.run().all_succeeded()
        project.run().all_succeeded()

        bronze = project.arrow("everything").sort_by("n")
        assert expected(bronze) == expected(source), project.engine
        assert expected(project.arrow("same")) == expected(source), project.engine


def test_timestamps_without_a_zone_are_utc_whatever_the_clock_of_the_machine(twins):
    moment = datetime(2024, 7, 1, 12, 30)
    for project in twins:
        project.declare(
            """
            class Seen(BronzeTable):
                at: datetime
            """,
            """
            @pipeline(sources={"seen": files("*.parquet", schema=Seen, format="parquet")}, target=Seen)
            def load(seen):
                return seen
            """,
        )
        (project.root / "landing").mkdir()
        pq.write_table(pa.table({"at": [moment]}), project.root / "landing" / "seen.parquet")
        project.run().all_succeeded()
        assert project.rows("seen", "at") == [(moment.replace(tzinfo=timezone.utc),)]


def test_what_an_expression_makes_is_cast_to_the_contract_alike(twins):
    for project in twins:
        project.declare(
            """
            class Start(BronzeTable):
                n: int

            class Made(SilverTable, key="n"):
                n: int
                narrowed: Int32
                rounded: Decimal = Field(max_digits=5, decimal_places=2)
                text: str
                day: date
                midnight: datetime
                parsed: float
                whole: int
                nothing: str | None
                lists: list[str]
            """,
            """
            @pipeline(sources={"start": files("n.csv", schema=Start)}, target=Start)
            def load(start):
                return start

            @pipeline(sources={"start": Start}, target=Made)
            def make(start):
                return start.select(
                    "n",
                    F.col("n").alias("narrowed"),
                    (F.col("n") / 8).alias("rounded"),
                    F.col("n").alias("text"),
                    F.lit("2024-02-29").alias("day"),
                    F.to_date(F.lit("2024-02-29")).alias("midnight"),
                    F.concat(F.col("n").cast("string"), F.lit(".25")).alias("parsed"),
                    F.col("n").cast("double").alias("whole"),
                    F.lit(None).alias("nothing"),
                    F.array(F.lit("x"), F.col("n").cast("string")).alias("lists"),
                )
            """,
        )
        project.land("n.csv", "n\n1\n-3\n2147483647\n".replace("2147483647", "7"))
        project.run().all_succeeded()
        day, midnight = date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=timezone.utc)
        assert project.rows("made") == [
            (-3, -3, Decimal("-0.38"), "-3", day, midnight, -3.25, -3, None, ["x", "-3"]),
            (1, 1, Decimal("0.13"), "1", day, midnight, 1.25, 1, None, ["x", "1"]),
            (7, 7, Decimal("0.88"), "7", day, midnight, 7.25, 7, None, ["x", "7"]),
        ], project.engine


LOST = (
    ("F.lit(2**31)", "Int32", "2147483648"),
    ("F.lit('12x')", "int", "12x"),
    ("F.lit('2024-02-30')", "date", "2024-02-30"),
    ("F.lit('yesterday')", "datetime", "yesterday"),
    ("F.lit(1.5)", "int", "1.5"),
    ("F.lit(float('nan'))", "int", "NaN"),
    ("F.lit(float('inf'))", "int", "inf"),
    ("F.lit(1e300)", "int", "1"),
    ("F.lit(1000.0)", "Decimal = Field(max_digits=4, decimal_places=2)", "1000.0"),
    ("F.lit('maybe')", "bool", "maybe"),
)


def test_a_value_that_a_cast_would_lose_stops_the_write_on_both_engines(twins):
    for project in twins:
        project.declare(
            "class Start(BronzeTable):\n    n: int\n"
            + "".join(
                f"class Made{n}(SilverTable):\n    cell: {type_}\n"
                for n, (_, type_, _) in enumerate(LOST)
            ),
            """
@pipeline(sources={"start": files("n.csv", schema=Start)}, target=Start)
def load(start):
    return start
"""
            + "".join(
                f"""
@pipeline(sources={{"start": Start}}, target=Made{n})
def make{n}(start):
    return start.select({expression}.alias("cell"))
"""
                for n, (expression, _, _) in enumerate(LOST)
            ),
        )
        project.land("n.csv", "n\n1\n2\n")
        ran = project.run()
        for n, (expression, _, value) in enumerate(LOST):
            message, case = ran.error(f"make{n}").message, (project.engine, expression)
            assert "2 values of column 'cell' cannot become " in message, case
            assert value.lower() in message.lower(), case
        assert {table for table, ids in project.snapshots().items() if ids} == {"bronze.start"}


def test_a_day_before_1970_is_a_day(twins):
    """Partition days before 1970-01-01, Iceberg's epoch, are negative."""
    first = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc)
    for project in twins:
        project.declare(
            """
            class Seen(BronzeTable, partition_by=days("at")):
                at: datetime
            """,
            """
            @pipeline(sources={"seen": files("*.parquet", schema=Seen, format="parquet")}, target=Seen)
            def load(seen):
                return seen
            """,
        )
        moments = [first + timedelta(microseconds=n) for n in (-1, 0, 1, 2)]
        (project.root / "landing").mkdir()
        pq.write_table(pa.table({"at": moments}), project.root / "landing" / "seen.parquet")
        project.run().all_succeeded()
        assert project.rows("seen", "at") == sorted((moment,) for moment in moments)
        found = project.table("seen").scan(row_filter="at < '1970-01-01T00:00:00+00:00'")
        assert found.to_arrow().num_rows == 2


def test_typed_rows_of_a_users_own_tests_are_utc(engines, monkeypatch):
    class Seen(SilverTable):
        at: datetime
        more: list[datetime]

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    noon = datetime(2024, 7, 1, 12)
    try:
        frame = rows_from(engines.sail, [Seen(at=noon, more=[noon])])
        found = frame.selectExpr("cast(at as string)", "cast(more[0] as string)").collect()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [tuple(row) for row in found] == [("2024-07-01 12:00:00",) * 2]
