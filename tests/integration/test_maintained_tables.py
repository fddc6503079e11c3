"""Tables stay small over many runs, whoever reads them meanwhile, and whenever a process is killed."""

import itertools
import multiprocessing
import os
import shutil
import signal
import statistics
import threading
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest
from pyiceberg.io.pyarrow import PyArrowFile
from sqlalchemy.orm import Session

from alur.contracts.retention import Retention
from alur.runtime.tables.maintenance_thresholds import FILES_BETWEEN_COMPACTIONS
from alur.runtime.tables.pyiceberg_folder import TableFolder
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from tests.integration.test_expiry import in_use, on_disk
from tests.integration.test_many_commits import CONTRACTS, opened, write

AT_ONCE = timedelta(0)
NAME = "silver.sale"
DAY_OF_RUNS = 24


@pytest.fixture
def sales(project):
    return project.declare(CONTRACTS, "")


def rows_of(table):
    rows = table.scan().to_arrow().to_pylist()
    return sorted((one["id"], one["shop"]) for one in rows)


def row(number):
    return number, "ab"[number % 2]


@pytest.mark.parametrize("runs", [200, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_files_and_time_stay_bounded(sales, runs):
    """A snapshot stays for a day of an hourly pipeline, here by number."""
    contract, retention = sales.contract(NAME), Retention(AT_ONCE, DAY_OF_RUNS, every=AT_ONCE)
    seconds, files, data = [], [], []
    for number in range(runs):
        began = time.process_time()
        write(sales.root, contract, "append", [row(number)], retention)
        seconds.append(time.process_time() - began)
        if number % 7 == 0:
            files.append(Counter(Path(path).suffix for path in on_disk(sales)))
            data.append(len(list(opened(sales, NAME).scan().plan_files())))
    table = opened(sales, NAME)
    assert rows_of(table) == sorted(map(row, range(runs)))
    assert on_disk(sales) == in_use(table)
    assert max(data) < 2 * FILES_BETWEEN_COMPACTIONS
    # Those of the current snapshot, and those that a compaction replaced within the day.
    assert max(count[".parquet"] for count in files) < 3 * FILES_BETWEEN_COMPACTIONS
    assert max(count[".json"] for count in files) <= 102
    assert max(count[".avro"] for count in files) < 4 * DAY_OF_RUNS
    # A whole round, from one compaction to the next.
    first, last = seconds[50:100], seconds[-50:]
    assert statistics.mean(last) < 2 * statistics.mean(first), (first, last)


def test_readers_never_miss_a_file(sales):
    """Each reads what it opened, within the time for which a replaced snapshot stays."""
    contract, retention = sales.contract(NAME), Retention(timedelta(seconds=10), every=AT_ONCE)
    write(sales.root, contract, "append", [row(0)])
    written, found, stop = [1], [], threading.Event()

    def read(ids_of):
        while not stop.is_set():
            at_least = written[0]
            ids = ids_of(opened(sales, NAME))
            found.append((sorted(ids), at_least, written[0] + 1))

    readers = [
        threading.Thread(target=reading(partial(read, ids_of), found))
        for ids_of in (ids_by_pyiceberg, ids_by_duckdb)
    ]
    for reader in readers:
        reader.start()
    expired = compacted = False
    while not (expired and compacted):
        write(sales.root, contract, "append", [row(written[0])], retention)
        written[0] += 1
        snapshots = opened(sales, NAME).metadata.snapshots
        compacted = compacted or any(s.summary["operation"].value == "replace" for s in snapshots)
        expired = snapshots[0].summary["total-records"] != "1"
    stop.set()
    for reader in readers:
        reader.join()
    for rows, at_least, at_most in found:
        assert rows == list(range(len(rows)))
        assert at_least <= len(rows) <= at_most
    assert len(found) > 10


def ids_by_pyiceberg(table):
    return table.scan().to_arrow()["id"].to_pylist()


def ids_by_duckdb(table):
    """Return what DuckDB reads; its extension for Iceberg is not part of its package, so PyIceberg names the files."""
    files = [task.file.file_path for task in table.scan().plan_files()]
    with duckdb.connect() as connection:
        return [number for (number,) in connection.read_parquet(files).select("id").fetchall()]


def reading(read, found):
    """Return a thread's function that records an error as what it found."""

    def target():
        try:
            read()
        except Exception as error:
            found.append(([repr(error)], 0, 0))

    return target


def append_all(root, contract, runs):
    for number in range(1, runs):
        write(root, contract, "append", [row(number)], RETENTION)


def test_a_writer_and_a_compactor(sales):
    """Both hold the table for each commit, in turns."""
    contract, runs = sales.contract(NAME), 20
    write(sales.root, contract, "append", [row(0)])
    context = multiprocessing.get_context("forkserver")
    writer = context.Process(target=append_all, args=(sales.root, contract, runs))
    writer.start()
    rounds = 0
    while writer.is_alive():
        maintain(sales.root, contract)
        rounds += 1
    writer.join()
    assert writer.exitcode == 0
    assert rounds > 3
    table = opened(sales, NAME)
    assert rows_of(table) == sorted(map(row, range(runs)))
    assert on_disk(sales) == in_use(table)


RUNS = FILES_BETWEEN_COMPACTIONS - 1
RETENTION = Retention(AT_ONCE, 2, every=AT_ONCE)


def maintain(root, contract):
    LocalWarehouse(root / ".alur/warehouse", {NAME: RETENTION}).maintain(contract, print)


def run(root, contract):
    """Append one file, after which small files are combined, and snapshots expire."""
    write(root, contract, "append", [row(RUNS)], RETENTION)


def act_and_die(action, root, contract, moment):
    steps = die_at(moment)
    action(root, contract)
    os._exit(next(steps))


@pytest.mark.parametrize("action", [maintain, run])
@pytest.mark.parametrize("moments", [6, pytest.param(100, marks=pytest.mark.nightly)])
def test_killed_at_moments_of_maintenance(sales, action, moments):
    contract = sales.contract(NAME)
    for number in range(RUNS):
        write(sales.root, contract, "append", [row(number)])
    before = sorted(map(row, range(RUNS)))
    after = before if action is maintain else sorted([*before, row(RUNS)])
    warehouse, backup = sales.root / ".alur/warehouse", sales.root / "backup"
    shutil.copytree(warehouse, backup)
    steps = ended(action, sales.root, contract, None)
    # Combining and expiring both make a commit; then files go, one after the other.
    assert 2 * RUNS < steps < 250
    assert rows_of(opened(sales, NAME)) == after
    assert on_disk(sales) == in_use(opened(sales, NAME))
    for moment in sorted({steps * n // moments for n in range(moments)}):
        shutil.rmtree(warehouse)
        shutil.copytree(backup, warehouse)
        assert ended(action, sales.root, contract, moment) == -signal.SIGKILL
        rows = rows_of(opened(sales, NAME))
        assert rows in (before, after), moment
        write(sales.root, contract, "append", [(-1, "c")])
        table = opened(sales, NAME)
        assert rows_of(table) == sorted([*rows, (-1, "c")]), moment
        assert on_disk(sales) == in_use(table), moment


def ended(action, root, contract, moment):
    """Return the exit code of a process that acts, and dies at a moment."""
    context = multiprocessing.get_context("forkserver")
    child = context.Process(target=act_and_die, args=(action, root, contract, moment))
    child.start()
    child.join()
    return child.exitcode


def die_at(moment):
    """Have this process die before one of its steps towards the disk; return the counter of steps."""
    steps = itertools.count()

    def counted(function):
        def step(*arguments, **keywords):
            if next(steps) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **keywords)

        return step

    os.fsync = counted(os.fsync)
    Path.unlink = counted(Path.unlink)
    TableFolder.delete_file = counted(TableFolder.delete_file)
    PyArrowFile.create = counted(PyArrowFile.create)
    Session.commit = counted(Session.commit)
    return steps
