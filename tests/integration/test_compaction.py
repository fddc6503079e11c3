"""Small files become one: the rows stay the same, to the last bit, and so do those of every earlier snapshot."""

import math
import os
import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alur.pipelines.modes import WRITE_MODES
from alur.runtime.tables.maintenance_thresholds import FILES_BETWEEN_COMPACTIONS
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_compaction import (
    _bins,
    _without_large,
    compact,
    is_compaction_due,
)
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.warehouse import Staged
from alur.runtime.tables.write_plan import plan_write
from tests.integration.test_expiry import commits, in_use, on_disk
from tests.integration.test_many_commits import CONTRACTS, opened, versions, write
from tests.tiny_project import csv_of

NAME = "silver.sale"


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, "")


def data_files(table):
    return [task.file for task in table.scan().plan_files()]


def partitions(table):
    return sorted(file.partition[0] for file in data_files(table))


def test_small_files_of_each_partition_become_one(sales):
    states = commits(sales, 12)
    before = opened(sales, NAME)
    assert partitions(before) == [*"aaaabbbbcccc"]
    assert compact(sales.table(NAME))
    table = opened(sales, NAME)
    assert partitions(table) == [*"abc"]
    assert versions(table) == [*states, states[-1]]
    assert on_disk(sales) == in_use(table)
    current = table.current_snapshot()
    assert current.summary["operation"].value == "replace"
    assert current.parent_snapshot_id == before.current_snapshot().snapshot_id
    counts = {name: current.summary[name] for name in ("total-records", "total-data-files")}
    assert counts == {"total-records": "12", "total-data-files": "3"}
    assert not compact(sales.table(NAME))
    assert opened(sales, NAME).metadata_location == table.metadata_location


def test_every_mode_writes_on_a_compacted_table(sales):
    rows = commits(sales, 12)[-1]
    compact(sales.table(NAME))
    contract = sales.contract(NAME)
    write(sales.root, contract, "append", [(100, "a")])
    write(sales.root, contract, "overwrite_partitions", [(200, "b")])
    kept = [row for row in [*rows, (100, "a")] if row[1] != "b"]
    assert versions(opened(sales, NAME))[-1] == sorted([*kept, (200, "b")])
    write(sales.root, contract, "overwrite", [(1, "z")])
    assert versions(opened(sales, NAME))[-1] == [(1, "z")]


def bits(value):
    """Return a value such that equal results mean equal bits."""
    match value:
        case float():
            return struct.pack(">d", value)
        case dict():
            return {name: bits(one) for name, one in value.items()}
        case list() | tuple():
            return [bits(one) for one in value]
    return value


NAN = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]
VALUES = """
class Spot(BaseModel):
    x: float | None
    names: list[str | None] | None

class Kind(SilverTable):
    id: int
    real: float | None
    small: Float32 | None
    whole: Int32 | None
    price: Decimal | None = Field(None, max_digits=38, decimal_places=3)
    day: date | None
    at: datetime | None
    raw: bytes | None
    text: str | None
    flag: bool | None
    spot: Spot | None
    spots: list[Spot | None] | None
    named: dict[str, Spot | None] | None
"""
SPOTS = [
    None,
    {"x": NAN, "names": None},
    {"x": None, "names": []},
    {"x": -0.0, "names": [None, ""]},
]
ROWS = [
    {"id": 0},
    {"id": 1, "real": NAN, "small": math.nan, "whole": -(2**31), "spots": None, "named": None},
    {"id": 2, "real": -0.0, "small": -0.0, "price": Decimal("-" + "9" * 35 + ".999"), "spots": []},
    {"id": 3, "real": math.inf, "small": -math.inf, "day": date(1, 1, 1), "spots": [None], "named": []},
    {"id": 4, "at": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), "text": "", "raw": b""},
    {"id": 5, "at": datetime(1, 1, 1, tzinfo=UTC), "text": "\x00\U0010ffff", "raw": b"\x00\xff"},
    {"id": 6, "flag": False, "spot": SPOTS[1], "spots": SPOTS, "named": [("", SPOTS[3]), ("n", None)]},
    {"id": 7, "flag": True, "spot": SPOTS[3], "spots": [], "named": [("n", SPOTS[1])]},
]  # fmt: skip


def test_values_stay_to_the_last_bit(project):
    project.declare(VALUES, "")
    contract = project.contract("kind")
    for row in ROWS:
        write_arrow(project, contract, [row])
    before = [bits(row) for row in project.arrow("kind").sort_by("id").to_pylist()]
    key = ("spot", "real", "raw", "id")
    assert [row["id"] for row in before] == [*range(8)]
    assert before[1]["real"] == bytes.fromhex("fff8000000000123")
    assert (before[1]["spots"], before[2]["spots"], before[3]["spots"]) == (None, [], [None])
    assert (before[1]["named"], before[3]["named"]) == (None, [])
    schema = project.table("kind").schema()
    assert compact(project.table("kind"), key)
    assert len(data_files(project.table("kind"))) == 1
    assert [bits(row) for row in project.arrow("kind").sort_by("id").to_pylist()] == before
    assert project.table("kind").schema() == schema


def write_arrow(project, contract, rows):
    """Append rows of any types, without an engine."""
    from alur.runtime.tables.arrow_types import arrow_schema
    from alur.runtime.tables.pyiceberg_types import iceberg_schema

    warehouse = LocalWarehouse(project.root / ".alur/warehouse")
    run = RunIdentity(run_id="run", pipeline="load", code_version="1")
    with warehouse.writing(None, contract, run, print) as writer:
        folder = writer.staged_folder().folder
        schema = arrow_schema(iceberg_schema(contract.columns))
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "rows.parquet")
        plan = plan_write(writer.state, contract, WRITE_MODES["append"])
        writer.commit(Staged(None, str(folder)), len(rows), plan, Provenance(run))


def test_files_from_before_a_column_came(sales):
    rows = commits(sales, 4, "append")[-1]
    sales.declare(CONTRACTS.replace("shop: str\n", "shop: str\n    note: str | None\n", 1), "")
    write(sales.root, sales.contract(NAME), "append", [(9, "a")])
    assert compact(sales.table(NAME))
    assert partitions(opened(sales, NAME)) == ["a", "b", "c"]
    assert sales.rows("sale", "id", "shop", "note") == sorted(
        (*row, None) for row in [*rows, (9, "a")]
    )


LANDED = """
class Event(BronzeTable):
    id: int
"""
TAKE = """
@pipeline(sources={"events": files("*.csv", schema=Event)}, target=Event, mode="append")
def take(events):
    return events
"""


def land(project, *numbers):
    for number in numbers:
        project.land(f"ä {number:02}.csv", csv_of("id", [[number], [number + 100]]))


def test_landing_files_are_found_without_their_rows(project):
    """A file that combines others lists their landing files in its footer, also one that combines such files."""
    project.declare(LANDED, TAKE)
    for number in (1, 5, 9):
        land(project, number)
        project.run().all_succeeded()
    assert compact(project.table("event"))
    land(project, 2, 3)
    project.run().all_succeeded()
    assert compact(project.table("event"))
    (file,) = data_files(project.table("event"))
    path = Path(file.file_path)
    whole = path.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    path.write_bytes(b"PAR1" + bytes(len(whole) - footer - 4) + whole[-footer:])
    assert project.run().notices == ["no new files; the table is unchanged"]
    path.write_bytes(whole)
    land(project, 4)
    taken = project.run().all_succeeded().succeeded("take")
    assert taken.files == {"events": ("ä 04.csv",)}
    assert [row[0] for row in project.rows("event", "id")][:6] == [1, 2, 3, 4, 5, 9]
    os.utime(project.root / "landing" / "ä 05.csv", (4_000_000_000, 4_000_000_000))
    assert project.run().notices[0].startswith("ä 05.csv: changed since the rows were taken")


def test_a_file_of_very_many_landing_files_has_no_list_and_is_read(project, monkeypatch):
    monkeypatch.setattr("alur.runtime.tables.pyiceberg_taken_files._MOST_LISTED", 2)
    project.declare(LANDED, TAKE)
    for number in (1, 3, 5):
        land(project, number)
        project.run().all_succeeded()
    assert compact(project.table("event"))
    (file,) = data_files(project.table("event"))
    assert b"alur.landing-files" not in pq.read_metadata(file.file_path).metadata
    land(project, 4)
    taken = project.run().all_succeeded().succeeded("take")
    assert taken.files == {"events": ("ä 04.csv",)}


def test_files_outside_the_table_stay(sales, tmp_path):
    commits(sales, 6)
    outside = tmp_path / "outside.parquet"
    ours = next((sales.root / ".alur/warehouse/silver/sale/data").rglob("*.parquet"))
    pq.write_table(pq.ParquetFile(ours).read(), outside)
    opened(sales, NAME).add_files([str(outside)])
    before = versions(opened(sales, NAME))[-1]
    assert compact(sales.table(NAME))
    table = opened(sales, NAME)
    assert str(outside) in {file.file_path for file in data_files(table)}
    assert (len(data_files(table)), versions(table)[-1]) == (4, before)


def test_full_files_stay_and_others_fill_new_ones(sales, monkeypatch):
    """A file of a write holds 64 MiB in memory; here it is a size of 1,000 rows of two columns."""
    contract = sales.contract("gold.total")
    monkeypatch.setattr("alur.runtime.tables.pyiceberg_compaction.FILE_BYTES", 1_000 * 13)
    sizes = [400, 1_000, 300, 300, 501, 250, 1]
    for number, size in enumerate(sizes):
        rows = [(number * 1_000 + n, "x") for n in range(size)]
        write(sales.root, contract, "append", rows)
    before = sales.rows("total")
    full = {file.file_path for file in data_files(sales.table("total")) if file.record_count > 500}
    assert compact(sales.table("total"))
    after = data_files(sales.table("total"))
    assert sorted(file.record_count for file in after) == [251, 501, 1_000, 1_000]
    assert full < {file.file_path for file in after}
    assert sales.rows("total") == before


def test_files_with_neighboring_keys_share_a_file(project, monkeypatch):
    monkeypatch.setattr("alur.runtime.tables.pyiceberg_compaction.FILE_BYTES", 100 * 13)
    project.declare('class Keyed(GoldTable, key=("shop", "id")):\n    id: int\n    shop: str\n', "")
    contract = project.contract("keyed")
    for number in [5, 0, 3, 1, 4, 2, 7, 6]:
        first, shop = 50 * (number % 2), f"{number // 2}"
        write(project.root, contract, "append", [(n, shop) for n in range(first, first + 50)])
    before = project.rows("keyed")
    assert compact(project.table("keyed"), contract.key)
    paths = [file.file_path for file in data_files(project.table("keyed"))]
    shops = [set(pq.read_table(path)["shop"].to_pylist()) for path in paths]
    assert sorted(map(sorted, shops)) == [["0"], ["1"], ["2"], ["3"]]
    assert project.rows("keyed") == before


def test_a_run_combines_files_after_each_50(sales):
    contract = sales.contract("gold.total")
    counts = []
    for number in range(2 * FILES_BETWEEN_COMPACTIONS + 5):
        write(sales.root, contract, "append", [(number, "x")])
        counts.append(len(data_files(opened(sales, "gold.total"))))
    assert max(counts) == FILES_BETWEEN_COMPACTIONS - 1
    assert counts[FILES_BETWEEN_COMPACTIONS - 1] == 1
    table = opened(sales, "gold.total")
    assert versions(table)[-1] == [(n, "x") for n in range(2 * FILES_BETWEEN_COMPACTIONS + 5)]
    kinds = [snapshot.summary["operation"].value for snapshot in table.metadata.snapshots]
    assert kinds.count("replace") == 2


def test_a_run_leaves_partitions_with_few_small_files(sales):
    contract = sales.contract(NAME)
    shops = [f"s{n}" for n in range(7)]
    for number in range(9):
        write(sales.root, contract, "append", [(number, shop) for shop in shops])
    table = opened(sales, NAME)
    assert len(data_files(table)) == 63
    assert is_compaction_due(table.metadata, table.metadata.snapshots[-2].snapshot_id) is False
    assert is_compaction_due(table.metadata, table.metadata.snapshots[-3].snapshot_id) is True


class File:
    def __init__(self, record_count):
        self.record_count = record_count


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([5], []),
        ([5, 5], [5, 5]),
        ([1, 1, 1, 4], [1, 1, 1]),
        ([4, 1, 1, 2, 9], [4, 1, 1, 2]),
        ([1, 100, 1, 100], [1, 100, 1, 100]),
    ],
)
def test_a_file_larger_than_all_smaller_ones_is_left_out(rows, kept):
    assert [file.record_count for file in _without_large(list(map(File, rows)))] == kept


@pytest.mark.parametrize(
    ("rows", "bins"),
    [
        ([5], []),
        ([5, 5], [[5, 5]]),
        ([5, 5, 1], [[5, 5]]),
        ([5, 6, 4, 1, 9, 1], [[6, 4], [1, 9]]),
    ],
)
def test_neighbors_share_a_file(rows, bins):
    assert [[f.record_count for f in one] for one in _bins(list(map(File, rows)), 10)] == bins
