"""Values of landing files, on both engines: read exactly, or refused with the place."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.errors import SourceError
from tests.engines import each_engine

UTC = timezone.utc

TYPED = """
class Typed(BronzeTable):
    n: int | None
    small: Int32 | None
    x: float | None
    narrow: Float32 | None
    yes: bool | None
    day: date | None
    at: datetime | None
    money: Decimal | None = Field(max_digits=10, decimal_places=2)
"""
COLUMNS = ("n", "small", "x", "narrow", "yes", "day", "at", "money")
LOAD = """
@pipeline(sources={"rows": files("in/*", schema=Typed%s)}, target=Typed)
def load(rows):
    return rows
"""

ACCEPTED = {
    "n": {"7": 7, "+7": 7, " -7 ": -7, "9223372036854775807": 2**63 - 1, "007": 7},
    "small": {"-2147483648": -(2**31)},
    "x": {
        "1.5": 1.5,
        ".5": 0.5,
        "5.": 5.0,
        "1e-3": 0.001,
        "-Infinity": float("-inf"),
        "inf": float("inf"),
        "0.1": 0.1,
        "4.9e-324": 5e-324,
    },
    "narrow": {"0.1": 0.10000000149011612, "16777217": 16777216.0},
    "yes": {"true": True, "F": False, "Yes": True, "n": False, "1": True, "0": False},
    "day": {
        "2024-02-29": date(2024, 2, 29),
        "2024-2-9": date(2024, 2, 9),
        "2024-02-29 00:00:00": date(2024, 2, 29),
        "0001-01-01": date(1, 1, 1),
        "9999-12-31": date(9999, 12, 31),
    },
    "at": {
        "2024-03-31": datetime(2024, 3, 31, tzinfo=UTC),
        "2024-03-31 01:30": datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        "2024-03-31T01:30:00.000001Z": datetime(2024, 3, 31, 1, 30, 0, 1, tzinfo=UTC),
        "2024-03-31 03:30:00+02:00": datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        "2024-03-31 03:30:00 +0530": datetime(2024, 3, 30, 22, 0, tzinfo=UTC),
        "2024-03-31T1:02:03,5 UTC": datetime(2024, 3, 31, 1, 2, 3, 500_000, UTC),
        "2024-01-01 00:00:00.123456000": datetime(2024, 1, 1, 0, 0, 0, 123_456, UTC),
    },
    "money": {
        "1": Decimal("1.00"),
        "-0.5": Decimal("-0.50"),
        "1.005": Decimal("1.01"),
        "-1.005": Decimal("-1.01"),
        "1e3": Decimal("1000.00"),
        "99999999.994": Decimal("99999999.99"),
    },
}
REFUSED = {
    "n": ["1.5", "1e3", "0x1F", "1_000", "1 000", "9223372036854775808", "true", "٣", " "],
    "small": ["2147483648"],
    "x": ["1,5", "one", "1_0.0", "1e400", "0x1p3", "1.0d", "++1", "e5"],
    "narrow": ["1e39"],
    "yes": ["maybe", "2", "on"],
    "day": [
        "2024-13-01",
        "01.02.2024",
        "2024-1-32",
        "today",
        "20224-05-01",
        "0000-01-01",
        "2023-02-29",
        "2024-02-29 10:00:00",
        "2024",
        "24-01-01",
    ],
    "at": [
        "2024-01-01 25:00:00",
        "noon",
        "now",
        "10:30",
        "2024-01-01T24:00:00",
        "2024-01-01 00:00:60",
        "2024-01-01 00:00:00.1234567",
        "2024-01-01 00:00 Europe/Berlin",
        "2024-01-01 00:00+25:00",
        "10000-01-01 00:00:00",
        "0001-01-01 00:00:00+01:00",
    ],
    "money": ["99999999.995", "100000000", "NaN", "Infinity", "1.2.3", "$1"],
}


@each_engine
def test_texts_of_csv_that_are_values(project):
    project.declare(TYPED, LOAD % "")
    rows = [(column, text) for column, texts in ACCEPTED.items() for text in texts]
    lines = [",".join(f'"{t}"' if c == name else "" for name in COLUMNS) for c, t in rows]
    project.land("in/a.csv", ",".join(COLUMNS) + "\n" + "\n".join(lines) + "\n")
    project.run().all_succeeded()
    expected = [tuple(ACCEPTED[c][t] if c == name else None for name in COLUMNS) for c, t in rows]
    assert sorted(project.rows("typed", *COLUMNS), key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("column", COLUMNS)
def test_texts_of_csv_that_are_no_values_are_refused_with_their_line(project, column):
    project.declare(TYPED, LOAD % "")
    for text in REFUSED[column]:
        path = project.land("in/a.csv", f'{column},_\n,\n,\n"{text}",\n')
        error = project.run().error("load")
        assert isinstance(error, SourceError), (text, error)
        assert f"in/a.csv: {column} '{text}' is not a valid " in error.message
        assert (error.where.path, error.where.line) == (str(path), 4), text


BIG = 9_007_199_254_740_993  # 2 ** 53 + 1 has no exact double

PARQUET = {
    "int64 beside double": (
        "int",
        [pa.array([BIG, None]), pa.array([2.0, None])],
        [BIG, None, 2, None],
    ),
    "int32 beside float32": (
        "float",
        [pa.array([16_777_217], pa.int32()), pa.array([0.5], pa.float32())],
        [16777217.0, 0.5],
    ),
    "decimal beside double": (
        "Decimal",
        [pa.array([Decimal("12345678.905")]), pa.array([1.005])],
        [Decimal("12345678.91"), Decimal("1.01")],
    ),
    "decimals of other scales": (
        "Decimal",
        [
            pa.array([Decimal(7)], pa.decimal128(38, 0)),
            pa.array([Decimal("7.5")], pa.decimal128(38, 10)),
            pa.array([Decimal("7.25")], pa.decimal256(50, 20)),
        ],
        [Decimal("7.00"), Decimal("7.50"), Decimal("7.25")],
    ),
    "text beside numbers": ("int", [pa.array(["5"]), pa.array([6], pa.uint8())], [5, 6]),
    "categories": ("str", [pa.array(["a", None, "a"]).dictionary_encode()], ["a", None, "a"]),
    "nanoseconds": (
        "datetime",
        [
            pa.array([1_000, None], pa.timestamp("ns")),
            pa.array([-1], pa.timestamp("ms")),
            pa.array([0], pa.timestamp("s", tz="Asia/Kolkata")),
            pa.array([date(2024, 2, 29)]),
        ],
        [
            datetime(1970, 1, 1, 0, 0, 0, 1, UTC),
            None,
            datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2024, 2, 29, tzinfo=UTC),
        ],
    ),
    "days of times": ("date", [pa.array([datetime(1969, 12, 31)])], [date(1969, 12, 31)]),
    "nothing": ("date", [pa.nulls(1), pa.array([date(1, 1, 1)])], [None, date(1, 1, 1)]),
    "numbers as text": (
        "str",
        [pa.array([1.5e7]), pa.array([Decimal("1.50")]), pa.array([True]), pa.array([7])],
        ["1.5E7", "1.50", "true", "7"],
    ),
}
ANNOTATIONS = {"Decimal": "Decimal | None = Field(max_digits=10, decimal_places=2)"}


@each_engine
def test_parquet_files_are_converted_each_by_itself(project):
    contracts, pipelines = [], []
    for number, (type_, arrays, _) in enumerate(PARQUET.values()):
        field = ANNOTATIONS.get(type_, f"{type_} | None")
        contracts.append(f"class T{number}(BronzeTable):\n    v: {field}\n")
        pipelines.append(
            f'@pipeline(sources={{"rows": files("in{number}/*", schema=T{number}, format="parquet")}}, '
            f"target=T{number})\ndef load{number}(rows):\n    return rows\n"
        )
        for part, array in enumerate(arrays):
            path = project.land(f"in{number}/{part}", b"")
            pq.write_table(pa.table({"v": array}), path)
    project.declare("\n".join(contracts), "\n".join(pipelines))
    project.run().all_succeeded()
    found = {
        name: sorted((row[0] for row in project.rows(f"t{number}", "v")), key=repr)
        for number, name in enumerate(PARQUET)
    }
    assert found == {name: sorted(v, key=repr) for name, (_, _, v) in PARQUET.items()}


@pytest.mark.parametrize(
    ("type_", "array", "shown"),
    [
        ("float", pa.array([1, BIG]), str(BIG)),
        ("int", pa.array([1.5]), "1.5"),
        ("int", pa.array([float("nan")]), "nan"),
        ("int", pa.array([1e19]), "1e+19"),
        ("int", pa.array([2**63], pa.uint64()), str(2**63)),
        ("int", pa.array(["7x"]), "7x"),
        ("Decimal", pa.array([1e8]), "100000000.0"),
        ("Decimal", pa.array([Decimal("99999999.995")]), "99999999.995"),
        ("datetime", pa.array([1_001], pa.timestamp("ns")), "1970-01-01 00:00:00.000001001"),
        ("datetime", pa.array([253_402_300_800], pa.timestamp("s")), "253402300800000"),
        ("date", pa.array([datetime(2024, 1, 1, 10)]), "2024-01-01 10:00:00.000000"),
        ("list[int]", pa.array([[1.5]]), "1.5"),
    ],
)
def test_a_parquet_value_that_does_not_fit_is_refused_with_its_file(project, type_, array, shown):
    field = ANNOTATIONS.get(type_, f"{type_} | None")
    project.declare(f"class Typed(BronzeTable):\n    v: {field}\n", LOAD % ', format="parquet"')
    pq.write_table(pa.table({"v": array.slice(0, 0)}), project.land("in/1", b""))
    path = project.land("in/2", b"")
    pq.write_table(pa.table({"v": array}), path)
    error = project.run().error("load")
    assert isinstance(error, SourceError), error
    assert f"in/2: v '{shown}' is not a valid " in error.message
    assert error.where.path == str(path)


@each_engine
def test_old_and_fine_timestamps_of_other_writers(project):
    """INT96 of Spark 2 and Impala, before 1900; and the earliest day."""
    moments = [datetime(1899, 12, 31, tzinfo=UTC), datetime(2024, 2, 29, 1, 2, 3, 4, UTC)]
    project.declare("class Typed(BronzeTable):\n    v: datetime\n", LOAD % ', format="parquet"')
    path = project.land("in/1", b"")
    table = pa.table({"v": pa.array([m.replace(tzinfo=None) for m in moments])})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    old = pa.table({"v": pa.array([datetime(1, 1, 1)])})
    pq.write_table(old, project.land("in/2", b""))
    project.run().all_succeeded()
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert sorted(row[0] for row in project.rows("typed")) == [first, *moments]
    # Arrow writes the time within a day before 1970 with the wrong sign, and reads it 584 years too late.
    wrong = pa.table({"v": pa.array([datetime(1899, 12, 31, 12)])})
    pq.write_table(wrong, path, use_deprecated_int96_timestamps=True)
    error = project.run().error("load")
    assert isinstance(error, SourceError)
    assert "in/1: v '2484-07-20" in error.message


@each_engine
def test_nested_values_of_parquet(project):
    project.declare(
        """
        class Item(BaseModel):
            sku: str
            count: Int32 | None
            note: str | None = None

        class Typed(BronzeTable):
            items: list[Item] | None
            marks: dict[str, float] | None
        """,
        LOAD % ', format="parquet"',
    )
    item = pa.struct([("count", pa.int64()), ("sku", pa.large_string())])
    table = pa.table(
        {
            "items": pa.array([[{"count": 1, "sku": "a"}, None], None, []], pa.large_list(item)),
            "marks": pa.array([[("x", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        }
    )
    pq.write_table(table, project.land("in/1", b""))
    # The contract forbids a null item, so the rows are written without it.
    error = project.run().error("load")
    assert "items.element" in str(error)
    pq.write_table(table.slice(1), project.land("in/1", b""))
    project.run().all_succeeded()
    assert sorted(project.rows("typed", "items", "marks"), key=repr) == [(None, []), ([], None)]


def test_a_nullable_column_that_a_file_lacks_is_null_and_said(project):
    project.declare(TYPED, LOAD % "")
    project.land("in/1.csv", "n,day\n1,2024-01-01\n")
    ran = project.run().all_succeeded()
    assert ran.notices == [
        "in/1.csv: missing columns, read as null: small, x, narrow, yes, at, money"
    ]
    assert project.rows("typed", "n", "day", "x") == [(1, date(2024, 1, 1), None)]


def test_formats_of_dates_are_refused_where_they_are_declared(project):
    for options, reason in [
        ({"dateFormat": "dd/MM/yyyy HH:mm"}, "contains a time"),
        ({"timestampFormat": "QQ yyyy"}, "'QQ' in it is not supported"),
        ({"timestampFormat": "dd/MM/yyyy hh:mm"}, "h and a need each other"),
    ]:
        project.declare(TYPED, LOAD % f", options={options!r}")
        with pytest.raises(Exception, match=reason):
            project.load()
