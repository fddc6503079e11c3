"""Tables after many commits: every version keeps its rows, and no version lists more than a few manifests."""

import time
from copy import deepcopy

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import visitors

from alur.pipelines.modes import WRITE_MODES
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_warehouse import LocalWarehouse
from alur.runtime.tables.warehouse import Staged
from alur.runtime.tables.write_plan import plan_write

COMMITS = 45
MANIFESTS = 22
CONTRACTS = """
class Sale(SilverTable, partition_by="shop"):
    id: int
    shop: str

class Total(GoldTable):
    id: int
    shop: str
"""


def write(root, contract, mode, rows, retention=None, notice=print):
    """Write rows as a run does, without an engine."""
    retentions = {contract.identifier: retention} if retention else {}
    warehouse = LocalWarehouse(root / ".alur/warehouse", retentions)
    run = RunIdentity(run_id="run", pipeline="load", code_version="1")
    with warehouse.writing(None, contract, run, notice) as writer:
        folder = writer.staged_folder().folder
        columns = {"id": [row[0] for row in rows], "shop": [row[1] for row in rows]}
        pq.write_table(pa.table(columns), folder / "rows.parquet")
        plan = plan_write(writer.state, contract, WRITE_MODES[mode])
        writer.commit(Staged(None, str(folder)), len(rows), plan, Provenance(run))


def opened(project, table):
    """Open a table with PyIceberg alone."""
    database = project.root / ".alur/warehouse/catalog.db"
    return SqlCatalog("alur", uri=f"sqlite:///{database}").load_table(table)


def versions(table):
    """Return the rows of every snapshot, in the order of the commits."""
    scans = (table.scan(snapshot_id=entry.snapshot_id) for entry in table.metadata.snapshots)
    return [
        sorted((row["id"], row["shop"]) for row in scan.to_arrow().to_pylist()) for scan in scans
    ]


def manifests(table):
    """Return the number of manifests of every snapshot."""
    return [len(entry.manifests(table.io)) for entry in table.metadata.snapshots]


def test_appends(project):
    project.declare(CONTRACTS, "")
    expected, rows = [], []
    for number in range(COMMITS):
        new = [(number, "ab"[number % 2]), (-number, "c")]
        write(project.root, project.contract("sale"), "append", new)
        rows = sorted(rows + new)
        expected.append(rows)
    table = opened(project, "silver.sale")
    kinds = [entry.summary["operation"].value for entry in table.metadata.snapshots]
    assert kinds.count("replace") == 1
    expected.insert(kinds.index("replace"), expected[kinds.index("replace") - 1])
    assert versions(table) == expected
    assert max(manifests(table)) < MANIFESTS
    assert len(table.metadata.schemas) == 1
    assert [entry.summary["total-records"] for entry in table.metadata.snapshots] == [
        str(len(rows)) for rows in expected
    ]


def test_no_manifest_is_left_that_no_snapshot_lists(project):
    project.declare(CONTRACTS, "")
    for number in range(COMMITS):
        write(project.root, project.contract("sale"), "append", [(number, "a")])
    table = opened(project, "silver.sale")
    listed = {entry.manifest_list for entry in table.metadata.snapshots}
    for entry in table.metadata.snapshots:
        listed.update(manifest.manifest_path for manifest in entry.manifests(table.io))
    folder = project.root / ".alur/warehouse/silver/sale/metadata"
    assert {str(path) for path in folder.glob("*.avro")} == listed


@pytest.mark.parametrize(
    ("mode", "name"), [("overwrite_partitions", "silver.sale"), ("overwrite", "gold.total")]
)
def test_overwrites(project, mode, name):
    """Each removes files, and PyIceberg by itself would keep its record of them for good."""
    project.declare(CONTRACTS, "")
    expected, rows = [], []
    for number in range(COMMITS):
        new = [(number, "abc"[number % 3])]
        write(project.root, project.contract(name), mode, new)
        kept = [row for row in rows if row[1] != new[0][1]] if name == "silver.sale" else []
        rows = sorted(kept + new)
        expected.append(rows)
    table = opened(project, name)
    assert versions(table) == expected
    assert max(manifests(table)) < MANIFESTS
    removed = [entry.summary["deleted-data-files"] for entry in table.metadata.snapshots[3:]]
    assert removed == ["1"] * (COMMITS - 3)


def test_orphans_of_a_table_with_many_commits(project):
    project.declare(CONTRACTS, "")
    contract = project.contract("sale")
    for number in range(COMMITS):
        write(project.root, contract, "append", [(number, "a")])
    warehouse = project.root / ".alur/warehouse"
    (orphan := warehouse / "silver/sale/data/orphan.parquet").touch()
    (warehouse / "staging/silver.sale/killed").mkdir(parents=True)
    write(project.root, contract, "append", [(COMMITS, "a")])
    assert not orphan.exists()
    assert versions(opened(project, "silver.sale"))[-1] == [(n, "a") for n in range(COMMITS + 1)]


def test_copies_of_metadata_share_its_history(project):
    project.declare(CONTRACTS, "")
    write(project.root, project.contract("sale"), "append", [(1, "a")])
    metadata = project.table("sale").metadata
    copy = deepcopy(metadata)
    assert copy == metadata
    assert copy.snapshots is metadata.snapshots
    assert metadata.model_dump_json() == opened(project, "silver.sale").metadata.model_dump_json()


def test_manifests_are_evaluated_one_at_a_time(project, monkeypatch):
    """PyIceberg evaluates them in several threads with one evaluator, which forgets the manifest that it began with."""
    project.declare(CONTRACTS, "")
    contract = project.contract("sale")
    for number in range(6):
        write(project.root, contract, "append", [(number, f"{number}")])
    read = visitors._from_byte_buffer

    def read_and_yield(*arguments):
        time.sleep(0.001)
        return read(*arguments)

    monkeypatch.setattr(visitors, "_from_byte_buffer", read_and_yield)
    write(project.root, contract, "overwrite_partitions", [(-n, f"{n}") for n in range(6)])
    assert versions(opened(project, "silver.sale"))[-1] == [(-n, f"{n}") for n in range(5, -1, -1)]
