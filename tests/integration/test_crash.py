"""A run killed at any moment neither loses nor doubles a row, and the next run clears its remains."""

import threading
import time
from pathlib import Path

import pytest

from tests.command import alur
from tests.engines import Fork
from tests.tiny_project import csv_of

CONTRACTS = """
    class Raw(BronzeTable, partition_by="shop"):
        id: int
        shop: str
        amount: int

    class Latest(SilverTable, key="id", partition_by=bucket(2, "id")):
        id: int
        shop: str
        amount: int

    class Totals(GoldTable, key="shop"):
        shop: str
        amount: int
"""
PIPELINES = """
    @pipeline(sources={"raw": files("raw/*.csv", schema=Raw)}, target=Raw, mode="append")
    def load(raw):
        return raw

    @pipeline(sources={"raw": Raw}, target=Latest, mode="merge")
    def latest(raw):
        return raw.select("id", "shop", "amount")

    @pipeline(sources={"rows": Latest}, target=Totals)
    def total(rows):
        return rows.groupBy("shop").agg(F.sum("amount").alias("amount"))
"""


def land(project, number):
    """Write the file of a round: five rows of two shops."""
    rows = [(5 * number + n, "ab"[n % 2], number) for n in range(5)]
    project.land(f"raw/{number:03}.csv", csv_of("id,shop,amount", rows))


def tables(files):
    """Return all tables after the files up to a number."""
    raw = [(5 * number + n, "ab"[n % 2], number) for number in range(files) for n in range(5)]
    sums = {shop: sum(row[2] for row in raw if row[1] == shop) for shop in "ab"}
    return {"raw": sorted(raw), "latest": sorted(raw), "totals": sorted(sums.items())}


def files_on_disk(project):
    warehouse = project.root / ".alur/warehouse"
    found = (
        path for layer in ("bronze", "silver", "gold") for path in (warehouse / layer).rglob("*")
    )
    return {str(path) for path in found if path.is_file()}


def files_in_use(project):
    """Return every file listed in the Iceberg metadata of any table."""
    found = set()
    for name in ("raw", "latest", "totals"):
        table = project.table(name)
        found.add(table.metadata_location)
        found.update(entry.metadata_file for entry in table.metadata.metadata_log)
        found.update(snapshot.manifest_list for snapshot in table.metadata.snapshots)
        found.update(table.inspect.all_manifests()["path"].to_pylist())
        found.update(table.inspect.all_files()["file_path"].to_pylist())
    return found


def assert_whole(project, files):
    """Assert that tables have exactly the rows of the files up to a number, and the disk no other files."""
    for name, rows in tables(files).items():
        assert project.rows(name) == rows
    assert files_on_disk(project) == files_in_use(project)
    assert not list((project.root / ".alur/warehouse/staging").iterdir())


def assert_no_table_is_torn(project, before, files):
    """Assert that each table is the result of whole runs: of the earlier files, with or without later ones."""
    states = [tables(number) for number in range(before, files + 1)]
    for name in states[0]:
        assert project.rows(name) in [state[name] for state in states]


@pytest.fixture
def shop(project):
    project.declare(CONTRACTS, PIPELINES)
    land(project, 0)
    project.run().all_succeeded()
    return project


@pytest.mark.parametrize("moments", [8, pytest.param(24, marks=pytest.mark.nightly)])
def test_killed_at_moments_spread_over_a_run(shop, moments):
    fork = Fork(shop.root)
    land(shop, 1)
    began = time.perf_counter()
    fork.go()
    fork.result().all_succeeded()
    seconds = time.perf_counter() - began
    fork.kill()
    killed, whole_until = 0, 2
    for number in range(2, moments + 2):
        land(shop, number)
        fork = Fork(shop.root)
        fork.go()
        time.sleep(seconds * (number - 1.5) / moments)
        killed += not fork.channel.poll()
        fork.kill()
        assert_no_table_is_torn(shop, whole_until, number + 1)
        if number % 4 == 1:
            shop.run().all_succeeded()
            assert_whole(shop, number + 1)
            whole_until = number + 1
    assert killed >= moments * 0.7


def appeared(pattern, number=1):
    """Wait until a number of new files or folders exist."""

    def wait(warehouse, begin):
        before = set(warehouse.glob(pattern))
        begin()
        deadline = time.monotonic() + 60
        while len(set(warehouse.glob(pattern)) - before) < number:
            assert time.monotonic() < deadline, f"no {pattern} came"

    return wait


def changed(name):
    """Wait until a file's content may have changed."""

    def wait(warehouse, begin):
        before = (warehouse / name).stat().st_mtime_ns
        begin()
        deadline = time.monotonic() + 60
        while (warehouse / name).stat().st_mtime_ns == before:
            assert time.monotonic() < deadline, f"{name} stays as it is"

    return wait


SIGNS = {
    "raw is being staged": appeared("staging/bronze.raw/*"),
    "raw has been staged": appeared("staging/bronze.raw/*/*/*.parquet"),
    "raw has a data file": appeared("bronze/raw/data/*/*.parquet"),
    "raw has a manifest": appeared("bronze/raw/metadata/*-m0.avro"),
    "raw has new metadata": appeared("bronze/raw/metadata/*.metadata.json"),
    "the catalog is written": changed("catalog.db"),
    "latest is being merged": appeared("staging/silver.latest/*/*", number=2),
    "latest has a data file": appeared("silver/latest/data/*/*.parquet"),
    "latest has new metadata": appeared("silver/latest/metadata/*.metadata.json"),
    "totals has new metadata": appeared("gold/totals/metadata/*.metadata.json"),
}


def test_killed_at_every_step_of_a_write(shop):
    for number, wait in enumerate(SIGNS.values(), 1):
        land(shop, number)
        fork = Fork(shop.root)
        wait(shop.root / ".alur/warehouse", fork.go)
        fork.kill()
        assert_no_table_is_torn(shop, number, number + 1)
        shop.run().all_succeeded()
        assert_whole(shop, number + 1)


COMMANDS = (
    ("validate", "--env", "sandbox"),
    ("list",),
    ("show", "latest", "--env", "local"),
    ("run", "--all", "--env", "local"),
)


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(sign, marks=[] if sign == "latest has a data file" else pytest.mark.nightly)
        for sign in SIGNS
    ],
)
def test_commands_after_a_kill(shop, sign):
    land(shop, 1)
    fork = Fork(shop.root)
    SIGNS[sign](shop.root / ".alur/warehouse", fork.go)
    fork.kill()
    for command in COMMANDS:
        done = alur(shop.root, *command, ALUR_ENGINE="sail")
        assert done.returncode == 0, done.stderr
        assert "waiting" not in done.stdout
    assert_whole(shop, 2)


FIRST_SIGNS = {
    "the warehouse": appeared("*"),
    "the catalog": appeared("catalog.db"),
    "the table": appeared("bronze/raw/metadata/00000-*"),
    "its first rows": appeared("bronze/raw/data/*/*.parquet"),
    "its second metadata": appeared("bronze/raw/metadata/00001-*"),
}


@pytest.mark.parametrize("sign", FIRST_SIGNS)
def test_killed_in_the_first_run(project, sign):
    project.declare(CONTRACTS, PIPELINES)
    land(project, 0)
    fork = Fork(project.root)
    FIRST_SIGNS[sign](project.root / ".alur/warehouse", fork.go)
    fork.kill()
    project.run().all_succeeded()
    assert_whole(project, 1)


def test_killed_twice_in_a_row(shop):
    for number in (1, 2):
        land(shop, number)
        fork = Fork(shop.root)
        SIGNS["raw has a data file"](shop.root / ".alur/warehouse", fork.go)
        fork.kill()
    shop.run().all_succeeded()
    assert_whole(shop, 3)


def test_a_reader_sees_the_old_table_or_the_new_one(shop):
    expected = [tables(1), tables(2)]
    land(shop, 1)
    fork = Fork(shop.root)
    seen, stop = [], threading.Event()
    opened = {name: shop.contract(name) for name in expected[0]}

    def read():
        from tests.tiny_project import local_warehouse_at

        warehouse = local_warehouse_at(shop.root)
        while not stop.is_set():
            for name, contract in opened.items():
                rows = warehouse.rows(contract).to_pylist()
                seen.append((name, sorted(row.get("amount") for row in rows)))

    reader = threading.Thread(target=read)
    reader.start()
    fork.go()
    fork.result().all_succeeded()
    stop.set()
    reader.join()
    fork.kill()
    for name, amounts in seen:
        states = [sorted(row[-1] for row in state[name]) for state in expected]
        assert amounts in states
    assert len(seen) > 10


def test_a_failure_leaves_nothing_that_the_next_run_does_not_clear(shop):
    good = Path(shop.root / "pipelines.py").read_text()
    shop.declare(
        CONTRACTS.replace(
            "amount: int\n\n    class Latest", "amount: int = Field(ge=99)\n\n    class Latest"
        ),
        PIPELINES,
    )
    land(shop, 1)
    assert "amount must be at least 99" in shop.run().error("load").message
    shop.declare(CONTRACTS, PIPELINES)
    assert Path(shop.root / "pipelines.py").read_text() == good
    shop.run().all_succeeded()
    assert_whole(shop, 2)
