"""Killed at any moment, a run of every mode, also one that changes its tables, leaves whole tables."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.engines import Fork
from tests.integration.test_expiry import in_use
from tests.tiny_project import TinyProject, csv_of

ROWS = 6
"""Rows of one landing file."""
GROWTH = 3
"""The number of landing files between two new columns."""


def declare(project: TinyProject, files: int) -> None:
    """Declare the project as it is after some files: its tables have more and more columns, each widened by the next."""
    extra = [f"extra{number}" for number in range(files // GROWTH)]
    types = ["int"] * (len(extra) - 1) + ["Int32"]
    fields = "".join(f"\n        {n}: {t} | None" for n, t in zip(extra, types, strict=False))
    names = "".join(f', "{name}"' for name in extra)
    project.declare(
        f"""
    class Added(BronzeTable, partition_by="shop"):
        id: int
        shop: str{fields}

    class Merged(SilverTable, key="slot", partition_by=bucket(2, "slot")):
        slot: int
        id: int{fields}

    class Parted(SilverTable, partition_by="shop"):
        shop: str
        id: int{fields}

    class Replaced(GoldTable, key="shop"):
        shop: str
        ids: int{fields}

    class Logged(GoldTable):
        id: int
        shop: str{fields}
""",
        f"""
    from alur import changes

    @pipeline(sources={{"new": files("new/*.csv", schema=Added)}}, target=Added, mode="append")
    def add(new):
        return new

    @pipeline(sources={{"added": Added}}, target=Merged, mode="merge")
    def merge(added):
        slots = added.groupBy((F.col("id") % 5).alias("slot"))
        return slots.agg(F.max("id").alias("id"), *(F.max(n).alias(n) for n in [{names[2:]}]))

    @pipeline(sources={{"added": Added}}, target=Parted, mode="overwrite_partitions")
    def part(added):
        return added.select("shop", "id"{names})

    @pipeline(sources={{"added": Added}}, target=Replaced)
    def replace(added):
        shops = added.groupBy("shop")
        return shops.agg(F.count("id").alias("ids"), *(F.max(n).alias(n) for n in [{names[2:]}]))

    @pipeline(sources={{"added": changes(Added)}}, target=Logged, mode="append")
    def log(added):
        return added.select("id", "shop"{names})
""",
    )


def land(project: TinyProject, number: int) -> None:
    """Write a file; the column of its time counts the files."""
    extra = [f"extra{n}" for n in range(number // GROWTH)]
    rows = [(*row, *([number] * len(extra))) for row in rows_of(number)]
    project.land(f"new/{number:04}.csv", csv_of(",".join(["id", "shop", *extra]), rows))


def rows_of(number: int) -> list[tuple[int, str]]:
    return [(ROWS * number + n, "abc"[(number + n) % 3]) for n in range(ROWS)]


def truth(files: int) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the tables after some files, without the added columns."""
    added = [row for number in range(files) for row in rows_of(number)]
    slots: dict[int, int] = defaultdict(int)
    shops: dict[str, int] = defaultdict(int)
    for id_, shop in added:
        slots[id_ % 5] = max(slots[id_ % 5], id_)
        shops[shop] += 1
    return {
        "added": sorted(added),
        "merged": sorted(slots.items()),
        "parted": sorted((shop, id_) for id_, shop in added),
        "replaced": sorted(shops.items()),
        "logged": sorted(added),
    }


COLUMNS = {
    "added": ("id", "shop"),
    "merged": ("slot", "id"),
    "parted": ("shop", "id"),
    "replaced": ("shop", "ids"),
    "logged": ("id", "shop"),
}
"""The columns of the tables, without the added ones."""


def found(project: TinyProject, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of tables, by default all, without the added columns."""
    return {table: sorted(project.rows(table, *COLUMNS[table])) for table in tables or COLUMNS}


def added_values(project: TinyProject, files: int) -> list[tuple[object, ...]]:
    names = [f"extra{n}" for n in range(files // GROWTH)]
    return sorted(project.rows("added", "id", *names), key=lambda row: row[0])  # type: ignore[arg-type, return-value]


def added_truth(files: int, columns: int) -> list[tuple[object, ...]]:
    return [
        (id_, *(number if n < number // GROWTH else None for n in range(columns)))
        for number in range(files)
        for id_, _ in rows_of(number)
    ]


@pytest.mark.parametrize("moments", [10, pytest.param(200, marks=pytest.mark.nightly)])
def test_killed_at_random_moments_of_every_mode(project: TinyProject, moments: int) -> None:
    chance = random.Random(moments)
    temporary = len(os.listdir(tempfile.gettempdir()))
    declare(project, 2)
    land(project, 0)
    project.run().all_succeeded()
    land(project, 1)
    fork = Fork(project.root)
    began = time.perf_counter()
    fork.go()
    fork.result().all_succeeded()
    seconds = time.perf_counter() - began
    fork.end()
    whole = files = 2
    killed = 0
    for moment in range(moments):
        declare(project, files + 1)
        land(project, files)
        files += 1
        fork = Fork(project.root)
        fork.go()
        time.sleep(seconds * chance.random())
        killed += not fork.channel.poll()
        fork.kill()
        states = [truth(number) for number in range(whole, files + 1)]
        for table, rows in found(project).items():
            assert rows in [state[table] for state in states], (moment, table)
        if moment % 3 == 2:
            project.run().all_succeeded()
            assert found(project) == truth(files), moment
            assert added_values(project, files) == added_truth(files, files // GROWTH), moment
            whole = files
    assert killed >= moments * 0.6
    land(project, files)
    fork = Fork(project.root)
    fork.go()
    fork.result().all_succeeded()
    fork.end()
    assert_nothing_is_left(project)
    # Folders of multiprocessing, this process and the last run, which has deleted those of the killed ones.
    assert len(os.listdir(tempfile.gettempdir())) <= temporary + 3


def assert_nothing_is_left(project: TinyProject) -> None:
    """Assert that the warehouse holds what its tables need, and a lock for each."""
    warehouse = project.root / ".alur" / "warehouse"
    paths = {path for path in warehouse.rglob("*") if path.is_file()}
    needed = {Path(name) for table in COLUMNS for name in in_use(project.table(table))}
    names = [f"{layer}.lock" for layer in ("bronze.added", "silver.merged", "silver.parted")]
    locks = {f"locks/{name}" for name in (*names, "gold.replaced.lock", "gold.logged.lock")}
    others = {str(path.relative_to(warehouse)) for path in paths - needed}
    assert others <= locks | {"catalog.db", "catalog.lock"}
    assert needed <= paths
