"""The fingerprint of rows: the same for the same rows, another for any other rows, on both engines."""

import json
import math
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement
from pathlib import Path

from alur.contracts.columns import (
    BRONZE_COLUMNS,
    ArrayType,
    Column,
    DecimalType,
    MapType,
    PrimitiveType,
    StructType,
)
from alur.runtime.engines.spark import java_home
from tests.child_process import child_environment
from tests.engines import each_engine

TEXT, BIGINT, INT, DOUBLE, FLOAT, BOOLEAN = (
    PrimitiveType(name) for name in ("string", "bigint", "int", "double", "float", "boolean")
)
PAIR = StructType((Column("x", BIGINT, nullable=True), Column("y", TEXT, nullable=True)))
NUMBERS = ArrayType(BIGINT, True)
TEXTS = ArrayType(TEXT, True)
BY_KEY = MapType(DOUBLE, True)
INSTANT = datetime(2026, 1, 1, tzinfo=UTC)

DIFFERENT = {
    "a number": ((BIGINT,), [(1,)], [(2,)]),
    "a small number": ((INT,), [(1,)], [(-1,)]),
    "a sign": ((DOUBLE,), [(0.0,)], [(-0.0,)]),
    "a sign of a small number": ((FLOAT,), [(0.0,)], [(-0.0,)]),
    "the last bit": ((DOUBLE,), [(0.1,)], [(math.nextafter(0.1, 1),)]),
    "NaN and null": ((DOUBLE,), [(math.nan,)], [(None,)]),
    "0 and null": ((BIGINT,), [(0,)], [(None,)]),
    "false and null": ((BOOLEAN,), [(False,)], [(None,)]),
    "an empty text and null": ((TEXT,), [("",)], [(None,)]),
    "a zero byte": ((TEXT,), [("a",)], [("a\0",)]),
    "an exchange within a text": ((TEXT,), [("12345678abcdefgh",)], [("abcdefgh12345678",)]),
    "the end of a long text": ((TEXT,), [("x" * 1_000 + "y",)], [("x" * 1_001,)]),
    "bytes": ((PrimitiveType("binary"),), [(b"\xff\0",)], [(b"\xff",)]),
    "a place": ((TEXT, TEXT), [("ab", "c")], [("a", "bc")]),
    "an exchange of columns": ((BIGINT, BIGINT), [(1, 2)], [(2, 1)]),
    "a null's column": ((TEXT, TEXT), [(None, "a")], [("a", None)]),
    "a null beside a flag": ((BOOLEAN, BOOLEAN), [(None, True)], [(True, None)]),
    "an exchange between rows": ((BIGINT, TEXT), [(1, "a"), (2, "b")], [(1, "b"), (2, "a")]),
    "a doubled row": ((BIGINT,), [(1,)], [(1,), (1,)]),
    "which row is doubled": ((BIGINT,), [(1,), (1,), (2,)], [(1,), (2,), (2,)]),
    "no row": ((BIGINT,), [], [(0,)]),
    "a microsecond": (
        (PrimitiveType("timestamp"),),
        [(INSTANT,)],
        [(INSTANT + timedelta(microseconds=1),)],
    ),
    "a day": ((PrimitiveType("date"),), [(date(2026, 1, 1),)], [(date(2026, 1, 2),)]),
    "a decimal's upper half": ((DecimalType(38, 0),), [(Decimal(1),)], [(Decimal(2**64 + 1),)]),
    "a decimal's sign": ((DecimalType(12, 2),), [(Decimal("1.50"),)], [(Decimal("-1.50"),)]),
    "an empty list and null": ((NUMBERS,), [([],)], [(None,)]),
    "an empty list and a list of null": ((NUMBERS,), [([],)], [([None],)]),
    "a null's place": ((NUMBERS,), [([None, 1],)], [([1, None],)]),
    "a list's order": ((NUMBERS,), [([1, 2],)], [([2, 1],)]),
    "a list's end": ((TEXTS, TEXTS), [(["a"], ["b", "c"])], [(["a", "b"], ["c"])]),
    "a sign in a list": ((ArrayType(DOUBLE, True),), [([0.0],)], [([-0.0],)]),
    "where a list ends": ((TEXTS,), [(["a"],), (["b", "c"],)], [(["a", "b"],), (["c"],)]),
    "a list in a list": ((ArrayType(NUMBERS, True),), [([[1], [2]],)], [([[1, 2]],)]),
    "null in a list": ((ArrayType(NUMBERS, True),), [([None],)], [([[]],)]),
    "null and fields of null": ((PAIR,), [(None,)], [((None, None),)]),
    "a field": ((PAIR,), [((1, "a"),)], [((1, "b"),)]),
    "a field in a list": ((ArrayType(PAIR, True),), [([(1, "a"), None],)], [([(1, "b"), None],)]),
    "a map's value": ((BY_KEY,), [({"k": 1.0},)], [({"k": 2.0},)]),
    "a sign in a map": ((BY_KEY,), [({"k": 0.0},)], [({"k": -0.0},)]),
    "a map's key": ((BY_KEY,), [({"k": 1.0},)], [({"l": 1.0},)]),
    "a map's keys": ((BY_KEY,), [({"k": 1.0, "l": 2.0},)], [({"k": 2.0, "l": 1.0},)]),
    "null in a map": ((BY_KEY,), [({"k": None},)], [({},)]),
    "an empty map and null": ((BY_KEY,), [({},)], [(None,)]),
}
MANY = [(a, b) for a in (None, -1, 0, 1) for b in (None, "", "a", "aa")]
MANY_TABLES = [
    list(rows) for size in range(3) for rows in combinations_with_replacement(MANY, size)
]


def columns_of(*types):
    return [Column(name, type_, nullable=True) for name, type_ in zip("ab", types, strict=False)]


def fingerprints(engine, frames):
    """Return the fingerprints of frames, each given as columns and rows."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.fingerprints", engine],
        input=pickle.dumps(frames),
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env=child_environment(JAVA_HOME=str(java_home())),
        check=False,
    )
    assert process.returncode == 0, process.stderr.decode()
    return json.loads(process.stdout.splitlines()[-1])


@each_engine
def test_any_difference_shows_in_both_hashes(engine):
    frames = [(columns_of(*types), rows) for types, *both in DIFFERENT.values() for rows in both]
    found = [text.split(":")[2] for text in fingerprints(engine, frames)]
    for name, one, other in zip(DIFFERENT, found[::2], found[1::2], strict=True):
        assert one[:16] != other[:16], name
        assert one[16:] != other[16:], name
        assert one[:16] != one[16:] or not one.strip("0"), name


@each_engine
def test_the_order_of_rows_and_of_a_maps_entries_does_not_matter_nor_do_columns_of_a_run(engine):
    columns = [*columns_of(BIGINT, MapType(TEXT, True)), *BRONZE_COLUMNS]
    rows = [
        (n, {"k": f"{n}", "l": None, "m": ""}, INSTANT, "raw/1.csv", "r1") for n in range(1_000)
    ]
    turned = [
        (n, dict(reversed(entries.items())), INSTANT + timedelta(days=1), file, "r2")
        for n, entries, _, file, _ in reversed(rows)
    ]
    elsewhere = [(*row[:3], "raw/2.csv", row[4]) for row in rows]
    one, same, other = fingerprints(
        engine, [(columns, rows), (columns, turned), (columns, elsewhere)]
    )
    assert one == same != other
    assert one.startswith("xxhash64-1:1000:")


def test_no_two_small_tables_have_the_same_fingerprint():
    columns = columns_of(BIGINT, TEXT)
    found = fingerprints("sail", [(columns, rows) for rows in MANY_TABLES])
    assert len(set(found)) == len(MANY_TABLES)
