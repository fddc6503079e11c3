"""``alur maintain`` keeps tables small, and their rows as they are."""

import json
import os
import re
import threading
import time
from datetime import timedelta

import pytest

from alur.errors import AlurError
from alur.operations import maintain
from alur.operations.events import Activity, Maintained, MaintenanceFailed
from alur.runtime.tables import pyiceberg_compaction
from alur.runtime.tables.pyiceberg_lock import acquire
from tests.command import alur
from tests.integration.test_expiry import commits, in_use, on_disk
from tests.integration.test_many_commits import CONTRACTS, opened, versions, write

NAME = "silver.sale"
DAY = timedelta(days=1).total_seconds()
KEEP = '[project]\nname = "shop"\n[env.local]\nkeep = "1 hour"\n'


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, "")


def maintained(project, *names):
    """Maintain tables; return what was reported, and whether all succeeded."""
    events = []
    succeeded = maintain(project.load(), names or None, observe=events.append)
    return [event for event in events if not isinstance(event, Activity)], succeeded


def age(project, hours):
    """Make all snapshots of a table older, as if its commits had been so long ago."""
    table = opened(project, NAME)
    path = table.metadata_location.removeprefix("file://")
    with open(path) as file:
        metadata = json.load(file)
    milliseconds = hours * 3_600_000
    for entry in (*metadata["snapshots"], *metadata["snapshot-log"]):
        entry["timestamp-ms"] -= milliseconds
    with open(path, "w") as file:
        json.dump(metadata, file)


def test_a_table_is_compacted_its_snapshots_expire_and_their_files_go(sales):
    sales.write({"alur.toml": KEEP})
    states = commits(sales, 12)
    age(sales, 2)
    events, succeeded = maintained(sales)
    (event,) = events
    assert succeeded
    counts = event.files_before, event.files_after, event.snapshots_before, event.snapshots_after
    assert (event.table, event.orphans, *counts) == (NAME, 0, 12, 3, 12, 2)
    table = opened(sales, NAME)
    # The snapshot before the compaction was current until now.
    assert versions(table) == [states[-1]] * 2
    assert on_disk(sales) == in_use(table)
    assert event.bytes_after == sum(os.path.getsize(path) for path in on_disk(sales))
    again, _ = maintained(sales)
    assert again[0].files_after == 3
    assert opened(sales, NAME).metadata_location == table.metadata_location


def test_without_keep_every_snapshot_stays(sales):
    states = commits(sales, 6)
    age(sales, 10_000)
    maintained(sales)
    assert versions(opened(sales, NAME)) == [*states, states[-1]]


def test_orphans_go_when_no_writer_can_need_them(sales):
    commits(sales, 1)
    folder = sales.root / ".alur/warehouse/silver/sale/data"
    for name, days in {"old": 1.1, "young": 0.9}.items():
        (folder / name).write_bytes(b"12345")
        then = time.time() - days * DAY
        os.utime(folder / name, (then, then))
    events, _ = maintained(sales)
    assert (events[0].orphans, events[0].bytes_freed) == (1, 5)
    assert {path.name for path in folder.iterdir() if path.is_file()} == {"young"}
    assert not list((sales.root / ".alur/warehouse/staging").iterdir())


def test_named_tables_alone(sales):
    commits(sales, 3)
    for number in range(3):
        write(sales.root, sales.contract("gold.total"), "append", [(number, "x")])
    events, _ = maintained(sales, "total", "gold.total")
    assert [event.table for event in events] == ["gold.total"]
    assert len(list(opened(sales, NAME).scan().plan_files())) == 3


def test_a_table_that_was_never_written(sales):
    assert maintained(sales) == ([], True)
    events, succeeded = maintained(sales, "total")
    assert not succeeded
    assert "gold.total has never been written" in str(events[0].error)
    with pytest.raises(AlurError, match="no table 'nothing'"):
        maintain(sales.load(), ["nothing"])


def test_a_damaged_table_does_not_stop_the_others(sales):
    commits(sales, 4)
    for number in range(3):
        write(sales.root, sales.contract("gold.total"), "append", [(number, "x")])
    file = next((sales.root / ".alur/warehouse/silver/sale/data").rglob("*.parquet"))
    whole = file.read_bytes()
    for content in (whole[:-1], bytes(len(whole))):
        file.write_bytes(content)
        before = opened(sales, NAME).metadata_location
        events, succeeded = maintained(sales)
        assert not succeeded
        assert [type(event) for event in events] == [MaintenanceFailed, Maintained]
        assert "silver.sale" in events[0].error.message
        assert opened(sales, NAME).metadata_location == before
    file.write_bytes(whole)
    assert maintained(sales)[1]
    assert on_disk(sales) == in_use(opened(sales, NAME))


def test_it_waits_for_a_run_that_writes_the_table(sales):
    commits(sales, 2, "overwrite")
    lock = acquire(sales.root / ".alur/warehouse/locks", NAME, print)
    waiting, events = threading.Event(), []

    def observe(event):
        events.append(event)
        if isinstance(event, Activity) and "waiting for another run" in event.text:
            waiting.set()

    project = sales.load()
    thread = threading.Thread(
        target=maintain, args=(project, ["sale"]), kwargs={"observe": observe}
    )
    thread.start()
    assert waiting.wait(60)
    assert not any(isinstance(event, Maintained) for event in events)
    lock.release()
    thread.join(60)
    assert any(isinstance(event, Maintained) for event in events)


def test_the_command(sales):
    sales.write({"alur.toml": KEEP})
    commits(sales, 12)
    age(sales, 2)
    done = alur(sales.root, "maintain")
    assert done.returncode == 0, done.stderr
    pattern = r"  ✓ silver.sale: 12 data files → 3, 12 snapshots → 2, 0.\d MB (freed|more)\n"
    assert re.fullmatch(pattern, done.stdout)
    again = alur(sales.root, "maintain", "sale", "--json")
    event = json.loads(again.stdout)
    assert (event["event"], event["table"], event["files_after"]) == ("maintained", NAME, 3)
    assert event["bytes_freed"] == 0
    failed = alur(sales.root, "maintain", "total")
    assert failed.returncode == 1
    assert "gold.total has never been written" in failed.stderr


def test_another_programs_commit_meanwhile_is_kept(sales, monkeypatch):
    """It does not take Alur's lock."""
    rows = commits(sales, 4)[-1]
    combine, other = pyiceberg_compaction.combine_files, opened(sales, NAME)
    added = other.scan().to_arrow().slice(0, 1)

    def combine_after_another_commit(*arguments):
        if len(other.metadata.snapshots) == 4:
            other.append(added)
        return combine(*arguments)

    monkeypatch.setattr(pyiceberg_compaction, "combine_files", combine_after_another_commit)
    events, succeeded = maintained(sales, "sale")
    expected = sorted([*rows, *((one["id"], one["shop"]) for one in added.to_pylist())])
    assert versions(opened(sales, NAME))[-1] == expected
    assert not succeeded
    message = "another program has written silver.sale meanwhile; nothing was written"
    assert events[0].error.message == message
    assert maintained(sales)[1]
    table = opened(sales, NAME)
    assert versions(table)[-1] == expected
    assert len(list(table.scan().plan_files())) == 3
