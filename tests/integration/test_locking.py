"""Several runs at once: one run at a time writes a table, and any number of runs write different tables."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from alur.errors import EngineError
from alur.pipelines.modes import WRITE_MODES
from alur.runtime.tables import pyiceberg_warehouse
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_commits import commit_files, create_table
from alur.runtime.tables.pyiceberg_writer import LocalTableWriter
from alur.runtime.tables.write_plan import plan_write
from tests.engines import Fork
from tests.integration.test_crash import appeared
from tests.integration.test_many_commits import CONTRACTS, write
from tests.tiny_project import csv_of, local_warehouse_at


def test_a_second_run_of_one_table_waits_and_takes_no_file_twice(project):
    project.declare(
        """
        class Raw(BronzeTable):
            id: int
        """,
        """
        import time

        @pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw, mode="append")
        def load(raw):
            time.sleep(1)
            return raw
        """,
    )
    for number in range(3):
        project.land(f"{number}.csv", csv_of("id", [(number,)]))
    first, second = Fork(project.root), Fork(project.root)
    appeared("staging/bronze.raw/*")(project.root / ".alur/warehouse", first.go)
    second.go()
    taken = first.result().all_succeeded()
    waited = second.result().all_succeeded()
    first.kill()
    second.kill()
    assert taken.succeeded("load").commit.total_rows == 3
    assert waited.notices == [
        "waiting for another run that is writing bronze.raw",
        "no new files; the table is unchanged",
    ]
    assert project.rows("raw") == [(0,), (1,), (2,)]


def test_a_killed_run_lets_the_waiting_one_go_on(project):
    project.declare(
        """
        class Raw(BronzeTable):
            id: int
        """,
        """
        import time

        @pipeline(sources={"raw": files("*.csv", schema=Raw)}, target=Raw, mode="append")
        def load(raw):
            time.sleep(1)
            return raw
        """,
    )
    project.land("1.csv", "id\n1\n")
    first, second = Fork(project.root), Fork(project.root)
    appeared("staging/bronze.raw/*")(project.root / ".alur/warehouse", first.go)
    second.go()
    first.kill()
    second.result().all_succeeded()
    second.kill()
    assert project.rows("raw") == [(1,)]


def test_many_tables_are_written_at_once(project):
    """SQLite takes one writer at a time; the others wait, and none fails because the database is locked."""
    tables, rounds = 4, 6
    project.declare(
        "\n".join(f"class T{n}(BronzeTable):\n    id: int\n" for n in range(tables)),
        "\n".join(
            f"@pipeline(sources={{'raw': files('*.csv', schema=T{n})}}, target=T{n}, mode='append')\n"
            f"def load{n}(raw):\n    return raw\n"
            for n in range(tables)
        ),
    )
    forks = [Fork(project.root, f"load{n}") for n in range(tables)]

    def run(fork):
        fork.go()
        return fork.result()

    with ThreadPoolExecutor(tables) as pool:
        for number in range(rounds):
            project.land(f"{number}.csv", csv_of("id", [(number,)]))
            for ran in pool.map(run, forks):
                ran.all_succeeded()
    for fork in forks:
        fork.kill()
    for n in range(tables):
        assert project.rows(f"t{n}") == [(number,) for number in range(rounds)]


def test_a_layer_that_another_run_creates_meanwhile(project, monkeypatch, tmp_path):
    """The other run is quicker: PyIceberg has found no namespace, and has not created it yet."""
    project.declare("class A(SilverTable):\n    id: int\n", "")
    looked = SqlCatalog.namespace_exists

    def overtaken(catalog, name):
        found = looked(catalog, name)
        monkeypatch.setattr(SqlCatalog, "namespace_exists", looked)
        local_warehouse_at(project.root).catalog.create_namespace("silver")
        return found

    staged = tmp_path / "staged"
    staged.mkdir()
    pq.write_table(pa.table({"id": [1]}), staged / "rows.parquet")
    monkeypatch.setattr(SqlCatalog, "namespace_exists", overtaken)
    warehouse, contract = local_warehouse_at(project.root), project.contract("a")
    run = RunIdentity(run_id="one", pipeline="load", code_version="1")
    table = create_table(warehouse.catalog, contract, str(warehouse.table_folder(contract)))
    plan = plan_write(None, contract, WRITE_MODES["append"])
    commit_files(table, contract, staged, plan, Provenance(run))
    assert warehouse.rows(contract).column("id").to_pylist() == [1]


def test_a_table_that_two_runs_create_at_once(project):
    project.declare(
        "class A(BronzeTable):\n    id: int\n",
        "@pipeline(sources={'raw': files('*.csv', schema=A)}, target=A, mode='append')\n"
        "def load(raw):\n    return raw\n",
    )
    project.land("1.csv", "id\n1\n")
    forks = [Fork(project.root) for _ in range(3)]
    for fork in forks:
        fork.go()
    for fork in forks:
        fork.result().all_succeeded()
        fork.kill()
    assert project.rows("a") == [(1,)]


@pytest.mark.parametrize("moment", ["before", "at the commit"])
def test_a_program_that_holds_the_catalog_for_long(project, monkeypatch, moment):
    project.declare(CONTRACTS, "")
    contract = project.contract("sale")
    write(project.root, contract, "append", [(1, "a")])
    monkeypatch.setattr(pyiceberg_warehouse, "_BUSY_SECONDS", 0.1)
    database = project.root / ".alur/warehouse/catalog.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        commit = LocalTableWriter.commit

        def held(writer, *arguments):
            other.execute("BEGIN EXCLUSIVE")
            return commit(writer, *arguments)

        if moment == "before":
            other.execute("BEGIN EXCLUSIVE")
        else:
            monkeypatch.setattr(LocalTableWriter, "commit", held)
        with pytest.raises(EngineError) as refusal:
            write(project.root, contract, "append", [(2, "b")])
    assert refusal.value.message == f"another program holds the catalog {database}"
    monkeypatch.undo()
    write(project.root, contract, "append", [(3, "c")])
    assert project.rows("sale") == [(1, "a"), (3, "c")]
