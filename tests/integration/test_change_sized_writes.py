"""Runs read and write only the files that their change concerns; rows are those of a model in plain Python."""

from __future__ import annotations

import json
import math
import os
import struct

from alur.runtime.tables.pyiceberg_data_files import data_files, local_path
from tests.engines import each_engine
from tests.tiny_project import csv_of

SHOP = """
class Raw(BronzeTable):
    day: str
    id: int
    n: float

class Sales(SilverTable, key=("day", "id"), partition_by="day"):
    day: str
    id: int
    n: float

class Unpartitioned(SilverTable, key="id"):
    id: int
    n: float
"""
MERGES = """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=Sales, mode="merge")
def merge_sales(raw):
    return raw.select("day", "id", "n")

@pipeline(sources={"raw": Raw}, target=Unpartitioned, mode="merge")
def merge_unpartitioned(raw):
    return raw.select("id", "n")
"""
DAYS = [(f"2026-01-{day:02}", 10 * day + n, n / 2) for day in range(1, 6) for n in range(3)]


def paths_of(project, table):
    """Return the table's data files, by the days in them if it has days."""
    return {local_path(file.file_path) for file in data_files(project.table(table))}


def run(project, rows):
    project.land("raw.csv", csv_of("day,id,n", rows))
    return project.run().all_succeeded()


@each_engine
def test_a_merge_leaves_files_without_its_keys_where_they_are(project):
    project.declare(SHOP, MERGES)
    for day in sorted({day for day, *_ in DAYS}):
        run(project, [row for row in DAYS if row[0] == day])
    before = {table: paths_of(project, table) for table in ("sales", "unpartitioned")}
    assert {table: len(files) for table, files in before.items()} == {
        "sales": 5,
        "unpartitioned": 5,
    }
    changes = [("2026-01-02", 21, 99.0), ("2026-01-02", 23, 1.0), ("2026-01-09", 90, 0.0)]

    ran = run(project, changes)

    expected = {row[:2]: row for row in DAYS} | {row[:2]: row for row in changes}
    assert project.rows("sales") == sorted(expected.values())
    assert project.rows("unpartitioned") == sorted((row[1], row[2]) for row in expected.values())
    for table, files in before.items():
        commit = ran.succeeded(f"merge_{table}").commit
        # Of the day's three rows, one was replaced.
        assert (commit.rows_written, commit.rows_carried, commit.total_rows) == (3, 2, 17)
        assert len(files - paths_of(project, table)) == 1
        summary = project.table(table).current_snapshot().summary
        assert (summary["deleted-data-files"], summary["deleted-records"]) == ("1", "3")


@each_engine
def test_a_merge_of_rows_that_are_there_makes_no_commit(project):
    project.declare(SHOP, MERGES)
    run(project, DAYS)
    before = project.snapshots()["silver.sales"], paths_of(project, "sales")
    ran = run(project, DAYS[4:9])
    assert ran.notices == ["the table has all rows already; it is unchanged"] * 2
    assert ran.succeeded("merge_sales").commit is None
    assert (project.snapshots()["silver.sales"], paths_of(project, "sales")) == before
    # Rows of other days are in other files, and one of three rows has changed.
    ran = run(project, [*DAYS[3:5], (*DAYS[5][:2], 77.0)])
    commit = ran.succeeded("merge_sales").commit
    assert (commit.rows_written, commit.rows_carried) == (1, 2)
    assert project.rows("sales") == [*DAYS[:5], (*DAYS[5][:2], 77.0), *DAYS[6:]]


@each_engine
def test_a_change_of_one_bit_is_a_change(project):
    """0.0 equals -0.0 and NaN does not equal itself, but rows hold values."""
    project.declare(SHOP, MERGES)
    day = "2026-01-01"
    before = [(day, 1, 0.0), (day, 2, math.nan), (day, 3, 0.1), (day, 4, math.inf)]
    after = [
        (day, 1, -0.0),
        (day, 2, math.nan),
        (day, 3, math.nextafter(0.1, 1)),
        (day, 4, math.inf),
    ]
    run(project, before)
    ran = run(project, after)
    assert ran.succeeded("merge_sales").commit.rows_written == 2

    def bits(rows):
        return [(*row[:2], struct.pack("d", row[2]) if row[2] == row[2] else "NaN") for row in rows]

    assert bits(project.rows("sales")) == bits(after)


def test_rows_with_nested_columns_are_always_written(project):
    """Engines compare nested values by rules of their own."""
    project.declare(
        """
class Raw(BronzeTable):
    id: int

class Nested(SilverTable, key="id"):
    id: int
    places: list[int]
""",
        """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={"raw": Raw}, target=Nested, mode="merge")
def merge(raw):
    return raw.select("id", F.array("id").alias("places"))
""",
    )
    project.land("raw.csv", csv_of("id", [[1], [2]]))
    project.run().all_succeeded()
    assert project.run().succeeded("merge").commit.rows_written == 2
    assert project.rows("nested") == [(1, [1]), (2, [2])]


def append_files(project):
    project.declare(
        """
class Event(BronzeTable, key="id"):
    id: int
""",
        """
@pipeline(sources={"events": files("events/*.csv", schema=Event)}, target=Event, mode="append")
def take(events):
    return events
""",
    )


def test_an_append_reads_no_file_of_the_table(project):
    """Neither the search for new landing files nor the check of the key needs one: bounds exclude them all."""
    append_files(project)
    for number in range(4):
        project.land(
            f"events/2026-01-01-part-{number}.csv", csv_of("id", [[number], [number + 100]])
        )
        project.run().all_succeeded()
    files = paths_of(project, "event")
    (other,) = (file for file in files if _ids(file) == [3, 103])
    for file in files - {other}:
        file.unlink()
    project.land("events/2026-01-01-part-4.csv", csv_of("id", [[n] for n in range(1_000, 1_005)]))
    assert project.run().all_succeeded().succeeded("take").commit.total_rows == 13
    assert project.run().notices == ["no new files; the table is unchanged"]
    # A key within the bounds of a lost file must be looked up.
    project.land("events/2026-01-01-part-5.csv", csv_of("id", [[50]]))
    assert "has lost a data file" in project.run().error("take").message


def _ids(path):
    import pyarrow.parquet as pq

    return pq.read_table(path)["id"].to_pylist()


@each_engine
def test_files_taken_together_are_told_apart(project):
    """Their names lie between the bounds of one data file; so does a new one."""
    append_files(project)
    for number in (1, 3, 5):
        project.land(f"events/{number}.csv", csv_of("id", [[number]]))
    project.run().all_succeeded()
    project.land("events/4.csv", csv_of("id", [[4]]))
    os.utime(project.land("events/3.csv", csv_of("id", [[3]])), (4_000_000_000, 4_000_000_000))
    ran = project.run().all_succeeded()
    assert ran.succeeded("take").files == {"events": ("events/4.csv",)}
    (notice,) = ran.notices
    assert notice.startswith("events/3.csv: changed since the rows were taken")
    assert project.rows("event", "id") == [(1,), (3,), (4,), (5,)]


def test_tables_of_before_get_whole_names_of_files_as_bounds(project):
    append_files(project)
    project.land("events/2026-01-01-first.csv", csv_of("id", [[1]]))
    project.run().all_succeeded()
    table = project.table("event")
    name = "write.metadata.metrics.column._source_file"
    with table.transaction() as transaction:
        transaction.remove_properties(name)
    project.land("events/2026-01-01-second.csv", csv_of("id", [[2]]))
    project.run().all_succeeded()
    assert project.table("event").properties[name] == "full"
    assert project.run().notices == ["no new files; the table is unchanged"]


def test_the_record_of_a_run_counts_changed_and_carried_rows(project):
    from alur.runtime.records import record_of

    project.declare(SHOP, MERGES)
    run(project, DAYS[:3])
    outcome = run(project, [(*DAYS[0][:2], 5.0)]).succeeded("merge_sales")
    record = json.loads(json.dumps(record_of(project.load().pipeline("merge_sales"), outcome)))
    assert (record["commit"]["rows_written"], record["commit"]["rows_carried"]) == (1, 2)
    assert outcome.commit.written == "1 row, and 2 others of the same files; the table has 3"
