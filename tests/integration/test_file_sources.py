"""Landing files: taken once or read again, in any order, dialect and number."""

import time
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.errors import SchemaError, SourceError
from tests.engines import each_engine
from tests.tiny_project import csv_of

RAW = """
    class Raw(BronzeTable):
        id: int
        name: str | None
"""


def load(mode="append", **arguments):
    more = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return f"""
    @pipeline(sources={{"raw": files("raw/*", schema=Raw{more})}}, target=Raw, mode="{mode}")
    def load(raw):
        return raw
    """


# --- which files ------------------------------------------------------------------------------------------------


@each_engine
def test_append_takes_each_file_once(project):
    project.declare(RAW, load())
    project.land("raw/b.csv", csv_of("id,name", [(1, "b")]))
    first = project.run().succeeded("load")
    assert first.files == {"raw": ("raw/b.csv",)}
    project.land("raw/c.csv", csv_of("id,name", [(2, "c"), (3, "c")]))
    project.land("raw/a.csv", csv_of("id,name", [(4, "a")]))
    second = project.run().succeeded("load")
    assert second.files == {"raw": ("raw/a.csv", "raw/c.csv")}
    assert (second.rows_read, second.commit.rows_written, second.commit.total_rows) == (
        {"raw": 3},
        3,
        4,
    )
    third = project.run()
    assert third.succeeded("load").commit is None
    assert third.notices == ["no new files; the table is unchanged"]
    assert project.rows("raw", "id", "_source_file") == [
        (1, "raw/b.csv"),
        (2, "raw/c.csv"),
        (3, "raw/c.csv"),
        (4, "raw/a.csv"),
    ]


def test_system_columns_say_when_from_where_and_by_which_run(project):
    project.declare(RAW, load())
    project.land("raw/a.csv", csv_of("id,name", [(1, "a")]))
    before = datetime.now(timezone.utc)
    run = project.run().succeeded("load")
    ((ingested, source, run_id),) = project.rows("raw", "_ingested_at", "_source_file", "_run_id")
    assert before <= ingested <= datetime.now(timezone.utc)
    assert (source, run_id) == ("raw/a.csv", run.run_id)


def test_overwrite_reads_all_files_every_time(project):
    project.declare(RAW, load("overwrite"))
    for name in "ab":
        project.land(f"raw/{name}.csv", csv_of("id,name", [(1, name)]))
    for _ in range(2):
        assert project.run().succeeded("load").files == {"raw": ("raw/a.csv", "raw/b.csv")}
        assert project.rows("raw") == [(1, "a"), (1, "b")]
    (project.root / "landing/raw/a.csv").unlink()
    project.run().all_succeeded()
    assert project.rows("raw") == [(1, "b")]


def test_a_file_whose_rows_are_all_filtered_out_is_read_again_and_changes_nothing(project):
    project.declare(RAW, load().replace("return raw", 'return raw.filter("id > 10")'))
    project.land("raw/a.csv", csv_of("id,name", [(11, "a")]))
    project.run().all_succeeded()
    project.land("raw/b.csv", csv_of("id,name", [(1, "b")]))
    snapshots = project.snapshots()
    for _ in range(2):
        ran = project.run()
        assert ran.succeeded("load").files == {"raw": ("raw/b.csv",)}
        assert ran.notices == ["no new rows; the table is unchanged"]
    assert project.snapshots() == snapshots


def test_rows_that_lost_their_file_name_are_refused(project):
    project.declare(
        RAW, load().replace("return raw", 'return raw.groupBy("id", "name").count().drop("count")')
    )
    project.land("raw/a.csv", csv_of("id,name", [(11, "a")]))
    error = project.run().error("load")
    assert isinstance(error, SchemaError)
    assert "lack _source_file" in error.message


def test_files_that_tools_are_still_writing_do_not_count(project):
    project.declare(RAW, load().replace("raw/*", "raw/**/*"))
    for name in ("raw/.part.csv", "raw/_SUCCESS", "raw/.tmp/x.csv", "raw/_logs/x.csv"):
        project.land(name, "no csv at all")
    project.land("raw/2024/05/a.csv", csv_of("id,name", [(1, "a")]))
    assert project.run().succeeded("load").files == {"raw": ("raw/2024/05/a.csv",)}


def test_the_landing_folder_of_the_settings(project):
    project.declare(RAW, load())
    project.write(
        {
            "alur.toml": '[project]\nname = "shop"\n[defaults]\nlanding = "x"\n[env.local]\nlanding = "in box"\n',
            "in box/raw/a.csv": csv_of("id,name", [(1, "a")]),
        }
    )
    project.run().all_succeeded()
    assert project.rows("raw", "_source_file") == [("raw/a.csv",)]


# --- merge ------------------------------------------------------------------------------------------------------

KEYED = RAW.replace("BronzeTable", 'BronzeTable, key="id"')


@each_engine
def test_merge_lets_the_file_that_is_last_by_name_decide(project):
    project.declare(KEYED, load("merge"))
    project.land("raw/2.csv", csv_of("id,name", [(1, "two"), (2, "two")]))
    project.land("raw/1.csv", csv_of("id,name", [(1, "one"), (3, "one")]))
    project.run().all_succeeded()
    assert project.rows("raw") == [(1, "two"), (2, "two"), (3, "one")]

    project.land("raw/3.csv", csv_of("id,name", [(1, "three"), (4, "three")]))
    project.run().all_succeeded()
    state = [(1, "three"), (2, "two"), (3, "one"), (4, "three")]
    assert project.rows("raw") == state

    # A late file with an early name fills gaps, and does not replace newer rows.
    project.land("raw/0.csv", csv_of("id,name", [(1, "zero"), (5, "zero")]))
    project.run().all_succeeded()
    state.append((5, "zero"))
    assert project.rows("raw") == state

    snapshots = project.snapshots()
    project.run().all_succeeded()
    assert project.rows("raw") == state
    assert project.snapshots() == snapshots


def test_a_file_whose_rows_were_all_replaced_is_read_again_without_harm(project):
    project.declare(KEYED, load("merge"))
    project.land("raw/1.csv", csv_of("id,name", [(1, "one")]))
    project.run().all_succeeded()
    project.land("raw/2.csv", csv_of("id,name", [(1, "two")]))
    project.run().all_succeeded()
    snapshots = project.snapshots()
    again = project.run()
    assert again.succeeded("load").files == {"raw": ("raw/1.csv",)}
    outdone, nothing = again.notices
    assert outdone.startswith("raw/1.csv: no row was used")
    assert nothing == "no new rows; the table is unchanged"
    assert (project.rows("raw"), project.snapshots()) == ([(1, "two")], snapshots)


@pytest.mark.parametrize("order", ["0123", "3210", "2031", "1302"])
def test_batches_in_any_order_make_the_same_table(project, order):
    project.declare(KEYED, load("merge"))
    for number in map(int, order):
        rows = [(key, f"from {number}") for key in range(number, number + 3)]
        project.land(f"raw/{number}.csv", csv_of("id,name", rows))
        project.run().all_succeeded()
    assert project.rows("raw") == [
        (0, "from 0"),
        (1, "from 1"),
        (2, "from 2"),
        (3, "from 3"),
        (4, "from 3"),
        (5, "from 3"),
    ]


def test_two_rows_of_one_key_in_one_file_are_refused(project):
    project.declare(KEYED, load("merge"))
    project.land("raw/1.csv", csv_of("id,name", [(1, "a"), (1, "b")]))
    assert "1 of 2 rows violates: id must be unique" in project.run().error("load").message


# --- their content ----------------------------------------------------------------------------------------------


@each_engine
def test_columns_are_found_by_name(project):
    project.declare(RAW, load())
    project.land("raw/a.csv", "name,id\na,1\n")
    project.land("raw/b.csv", "id,extra,name,more\n2,x,b,y\n")
    ran = project.run().all_succeeded()
    assert project.rows("raw") == [(1, "a"), (2, "b")]
    assert ran.notices == ["raw/b.csv: ignored columns: extra, more"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_strict_source_refuses_columns_it_does_not_know(project, suffix):
    project.declare(RAW, load(strict=True, format=suffix))
    path = project.land("raw/a", "id,name,extra\n1,a,x\n")
    if suffix == "parquet":
        pq.write_table(pa.table({"id": [1], "name": ["a"], "extra": ["x"]}), path)
    error = project.run().error("load")
    assert isinstance(error, SourceError)
    assert "raw/a: column 'extra' is not in the schema, and the source is strict" in error.message
    assert (error.where.path, error.where.line) == (str(path), 1)


@each_engine
def test_dialects_of_csv(project):
    """Each dialect has one file; both engines read the same rows."""
    dialects = {
        "plain": ({}, 'id,text\n1,"a,b"\n2,"say ""hi"""\n3,"two\nlines"\n4,\n5, spaced \n'),
        "bom": ({}, "\ufeffid,text\n1,a\n"),
        "crlf": ({}, 'id,text\r\n1,a\r\n2,"two\r\nlines"\r\n'),
        "no_break": ({}, "id,text\n1,a"),
        "blank_lines": ({}, "id,text\n1,a\n\n2,b\n\n"),
        "semicolon": ({"sep": ";"}, 'id;text\n1;a,b\n2;"a;b"\n'),
        "tab": ({"delimiter": "\t"}, "id\ttext\n1\ta b\n"),
        "quote": ({"quote": "'"}, "id,text\n1,'a,b'\n2,\"x\"\n"),
        "escape": ({"escape": "\\"}, 'id,text\n1,"a \\"b\\" c"\n'),
        "comment": ({"comment": "#"}, "id,text\n# a note, with a comma\n1,a\n"),
        "null": ({"nullValue": "NULL"}, "id,text\n1,NULL\n2,null\n"),
        "trim": (
            {"ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True},
            "id,text\n 1 , a b \n",
        ),
        "unicode": ({}, "id,text\n1,日本 👍\n2,e\u0301\n"),
    }
    project.declare(
        "\n".join(
            f"class T_{name}(BronzeTable):\n    id: int\n    text: str | None\n"
            for name in dialects
        ),
        "\n".join(
            f"@pipeline(sources={{'rows': files('{name}.csv', schema=T_{name}, options={options!r})}},"
            f" target=T_{name})\ndef load_{name}(rows):\n    return rows\n"
            for name, (options, _) in dialects.items()
        ),
    )
    for name, (_, text) in dialects.items():
        project.land(f"{name}.csv", text.encode())
    project.run().all_succeeded()
    assert {name: project.rows(f"t_{name}") for name in dialects} == {
        "plain": [(1, "a,b"), (2, 'say "hi"'), (3, "two\nlines"), (4, None), (5, " spaced ")],
        "bom": [(1, "a")],
        "crlf": [(1, "a"), (2, "two\r\nlines")],
        "no_break": [(1, "a")],
        "blank_lines": [(1, "a"), (2, "b")],
        "semicolon": [(1, "a,b"), (2, "a;b")],
        "tab": [(1, "a b")],
        "quote": [(1, "a,b"), (2, '"x"')],
        "escape": [(1, 'a "b" c')],
        "comment": [(1, "a")],
        "null": [(1, None), (2, "null")],
        "trim": [(1, "a b")],
        "unicode": [(1, "日本 👍"), (2, "e\u0301")],
    }


@each_engine
def test_values_of_every_type_in_csv(project):
    project.declare(
        """
        class Typed(BronzeTable):
            n: int | None
            small: Int32 | None
            x: float | None
            yes: bool | None
            day: date | None
            at: datetime | None
            money: Decimal | None = Field(max_digits=10, decimal_places=2)
        """,
        """
        @pipeline(sources={"rows": files("t.csv", schema=Typed)}, target=Typed)
        def load(rows):
            return rows
        """,
    )
    project.land(
        "t.csv",
        "n,small,x,yes,day,at,money\n"
        "1,-2147483648,0.1,true,2024-02-29,2024-03-31T01:30:00Z,12345678.90\n"
        "2,7,-1e-3,false,0001-01-01,2024-03-31 03:30:00.000001+02:00,-0.5\n"
        "3,,NaN,TRUE,,2024-03-31,1\n"
        "-9223372036854775808,,,,9999-12-31,1969-12-31 23:59:59.999999,\n",
    )
    project.run().all_succeeded()
    moment = datetime(2024, 3, 31, 1, 30, tzinfo=timezone.utc)
    found = project.rows("typed")
    assert repr(found[3][2]) == "nan"
    assert [row[:2] + row[3:] for row in found] == [
        (
            -(2**63),
            None,
            None,
            date(9999, 12, 31),
            datetime(1969, 12, 31, 23, 59, 59, 999999, timezone.utc),
            None,
        ),
        (1, -(2**31), True, date(2024, 2, 29), moment, Decimal("12345678.90")),
        (2, 7, False, date(1, 1, 1), moment.replace(microsecond=1), Decimal("-0.50")),
        (3, None, True, None, datetime(2024, 3, 31, tzinfo=timezone.utc), Decimal("1.00")),
    ]
    assert [row[2] for row in found[:3]] == [None, 0.1, -0.001]


@each_engine
def test_texts_that_only_one_engine_might_take_for_a_value_are_refused(project):
    texts = {
        "int": ["1.5", "1e3", "0x1F", "1_000", "1 000", "9223372036854775808", "true"],
        "float": ["1,5", "one", "1_0.0"],
        "bool": ["maybe", "2"],
        "date": ["2024-13-01", "01.02.2024", "2024-1-32", "today"],
        "datetime": ["2024-01-01 25:00:00", "noon", "now"],
    }
    cases = {
        f"{type_}_{n}": (type_, value)
        for type_, values in texts.items()
        for n, value in enumerate(values)
    }
    project.declare(
        "".join(
            f"class T_{name}(BronzeTable):\n    v: {type_} | None\n"
            for name, (type_, _) in cases.items()
        ),
        "".join(
            f"@pipeline(sources={{'rows': files('{name}.csv', schema=T_{name})}}, target=T_{name})\n"
            f"def load_{name}(rows):\n    return rows\n"
            for name in cases
        ),
    )
    for name, (_, value) in cases.items():
        project.land(f"{name}.csv", f'v\n"{value}"\n')
    ran = project.run()
    for name, (type_, value) in cases.items():
        message = ran.error(f"load_{name}").message
        assert f"v '{value}' is not a valid " in message, (project.engine, type_, value)


@each_engine
def test_formats_of_dates_and_times(project):
    project.declare(
        """
        class Typed(BronzeTable):
            day: date
            at: datetime
        """,
        """
        @pipeline(
            sources={"rows": files("t.csv", schema=Typed, options={
                "sep": ";", "dateFormat": "dd.MM.yyyy", "timestampFormat": "dd/MM/yyyy HH:mm",
            })},
            target=Typed,
        )
        def load(rows):
            return rows
        """,
    )
    path = project.land("t.csv", "day;at\n05.01.1997;06/01/1997 10:11\n")
    project.run().all_succeeded()
    moment = datetime(1997, 1, 6, 10, 11, tzinfo=timezone.utc)
    assert project.rows("typed") == [(date(1997, 1, 5), moment)]
    project.land("t.csv", "day;at\n05.01.1997;06/01/1997 10:11\n1997-01-05;06/01/1997 10:11\n")
    error = project.run().error("load")
    assert "day '1997-01-05' is not a valid date" in error.message
    assert (error.where.path, error.where.line) == (str(path), 3)


@each_engine
def test_parquet_files_may_have_other_types_that_fit(project):
    project.declare(RAW, load(format="parquet"))
    folder = project.land("raw/x", "").parent
    (folder / "x").unlink()
    pq.write_table(
        pa.table({"name": ["a"], "id": pa.array([1], pa.int32()), "z": [0]}), folder / "1.parquet"
    )
    pq.write_table(
        pa.table({"id": pa.array([2], pa.int64()), "name": pa.array([None], pa.string())}),
        folder / "2.parquet",
    )
    ran = project.run().all_succeeded()
    assert project.rows("raw") == [(1, "a"), (2, None)]
    assert ran.notices == ["raw/1.parquet: ignored columns: z"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": ["a"]}, "no column 'id'"),
        ({"id": [[1]], "name": ["a"]}, "column 'id' is array<bigint>, which cannot become bigint"),
        ({"id": [1.5], "name": ["a"]}, "id '1.5' is not a valid bigint"),
        ({"id": ["7x"], "name": ["a"]}, "id '7x' is not a valid bigint"),
        (None, "is not readable Parquet"),
    ],
)
def test_parquet_files_that_do_not_fit(project, table, message):
    project.declare(RAW, load(format="parquet"))
    path = project.land("raw/1.parquet", "no parquet")
    if table:
        pq.write_table(pa.table(table), path)
    error = project.run().error("load")
    assert isinstance(error, SourceError), error
    assert message in error.message
    assert error.where.path == str(path)
    assert error.remedy


def test_hundreds_of_files(project):
    project.declare(RAW, load())
    count = 300
    for number in range(count):
        project.land(f"raw/{number:04}.csv", csv_of("id,name", [(number, "x")]))
    began = time.perf_counter()
    ran = project.run().succeeded("load")
    seconds = time.perf_counter() - began
    assert len(ran.files["raw"]) == ran.commit.total_rows == count
    assert project.run().succeeded("load").commit is None
    assert project.rows("raw", "id") == [(number,) for number in range(count)]
    assert seconds < 60, f"{count} files took {seconds:.0f} s"
