"""Writes of more rows than memory holds: parts of them at a time, with the same rows and messages."""

import random
from datetime import date, timedelta

import pytest

from alur.runtime import unique_keys
from alur.runtime.tables import pyiceberg_file_writer
from tests.engines import each_engine
from tests.tiny_project import csv_of

CONTRACTS = """
class Raw(BronzeTable):
    shop: str
    number: int
    day: date


class Sale(SilverTable, key=("shop", "number"), partition_by="day"):
    shop: str
    number: int
    day: date
"""
PIPELINES = """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Sale)
def load(raw):
    return raw
"""
DAYS = 30
ROWS = [("äb"[n % 2], n // 2, date(2024, 1, 1) + timedelta(n % DAYS)) for n in range(600)]
ROW_BYTES = 40


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, PIPELINES)


def land(sales, rows):
    mixed = random.Random(1).sample(rows, len(rows))
    sales.land("raw.csv", csv_of("shop,number,day", mixed))
    return sales.run()


def small_parts(monkeypatch, *, rows):
    """Let a write hold so many rows at a time."""
    monkeypatch.setattr(pyiceberg_file_writer, "ROWS_AT_ONCE", rows // 2)
    monkeypatch.setattr(pyiceberg_file_writer, "_BYTES_AT_ONCE", ROW_BYTES * rows)
    monkeypatch.setattr(pyiceberg_file_writer, "FILE_BYTES", ROW_BYTES * rows)


def files_by_day(sales):
    files = [task.file for task in sales.table("sale").scan().plan_files()]
    return {
        day: [f for f in files if f.partition[0] == day] for day in {f.partition[0] for f in files}
    }


def test_rows_of_a_day_share_a_file_however_they_arrive(sales, monkeypatch):
    small_parts(monkeypatch, rows=50)
    land(sales, ROWS).all_succeeded()
    assert sales.rows("sale") == sorted(ROWS)
    by_day = files_by_day(sales)
    assert len(by_day) == DAYS
    assert {day: len(files) for day, files in by_day.items()} == dict.fromkeys(by_day, 1)


def test_files_end_when_they_are_large(sales, monkeypatch):
    small_parts(monkeypatch, rows=4)
    land(sales, ROWS).all_succeeded()
    assert sales.rows("sale") == sorted(ROWS)
    by_day = files_by_day(sales)
    counts = {sum(file.record_count for file in files) for files in by_day.values()}
    assert counts == {len(ROWS) // DAYS}
    assert all(len(files) > 1 for files in by_day.values())


def test_more_days_than_files_may_be_open(sales, monkeypatch):
    small_parts(monkeypatch, rows=50)
    monkeypatch.setattr(pyiceberg_file_writer, "_OPEN_FILES", 4)
    land(sales, ROWS).all_succeeded()
    assert sales.rows("sale") == sorted(ROWS)
    assert len(files_by_day(sales)) == DAYS


@each_engine
def test_keys_are_counted_in_shares(sales, monkeypatch):
    monkeypatch.setattr(unique_keys, "KEYS_AT_ONCE", 50)
    land(sales, ROWS).all_succeeded()
    assert sales.rows("sale") == sorted(ROWS)
    repeated = land(sales, [*ROWS, ROWS[7], ROWS[7], ROWS[300]])
    error = str(repeated.error("load"))
    assert "3 of 603 rows violate: shop, number must be unique" in error
    assert "shop='b', number=3 (3 rows)" in error
    assert "shop='ä', number=150 (2 rows)" in error
    assert sales.rows("sale") == sorted(ROWS)
