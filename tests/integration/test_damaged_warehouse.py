"""Files of the local warehouse are lost, truncated, or missing from the catalog: no table counts as empty."""

import shutil
from pathlib import Path

import pytest

from alur.errors import EngineError
from tests.engines import each_engine
from tests.tiny_project import csv_of, local_warehouse_at

CONTRACTS = """
class Raw(BronzeTable):
    id: int
    shop: str

class Kept(SilverTable, key="id", partition_by="shop"):
    id: int
    shop: str

class Totals(GoldTable, key="shop"):
    shop: str
    number: int
"""
PIPELINES = """
@pipeline(sources={{"raw": files("raw/*.csv", schema=Raw)}}, target=Raw, mode="append")
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=Kept, mode="{mode}")
def keep(raw):
    return raw

@pipeline(sources={{"kept": Kept}}, target=Totals)
def total(kept):
    return kept.groupBy("shop").agg(F.count("id").alias("number"))
"""
TOTALS = [("a", 2), ("b", 1)]


@pytest.fixture
def shop(project):
    project.declare(CONTRACTS, PIPELINES.format(mode="merge"))
    project.land("raw/1.csv", csv_of("id,shop", [(1, "a"), (2, "b"), (3, "a")]))
    project.run().all_succeeded()
    assert project.rows("totals") == TOTALS
    return project


def data_files(project, table):
    return sorted((project.root / ".alur/warehouse" / table / "data").rglob("*.parquet"))


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@each_engine
def test_a_source_with_a_damaged_file_stops_its_readers(shop):
    (first, _) = data_files(shop, "silver/kept")
    copy = first.read_bytes()
    for harm, what in ((Path.unlink, "lost a"), (cut, "a damaged")):
        harm(first)
        before = shop.snapshots()
        for name in ("total", "keep"):
            error = shop.run(name).error(name)
            assert isinstance(error, EngineError), what
            assert f"the table silver.kept has {what} data file: {first}" in error.message
            assert 'mode is "overwrite"' in error.remedy
        with pytest.raises(EngineError, match="data file"):
            shop.rows("kept")
        assert shop.snapshots() == before
        assert shop.rows("totals") == TOTALS
        first.write_bytes(copy)
    shop.run().all_succeeded()


@each_engine
def test_damage_within_a_file_is_not_the_functions_fault(shop):
    (first, _) = data_files(shop, "silver/kept")
    copy = first.read_bytes()
    for where, start in (("rows", 4), ("footer", len(copy) - 60)):
        first.write_bytes(copy[:start] + b"\xff" * 40 + copy[start + 40 :])
        error = shop.run("total").error("total")
        assert isinstance(error, EngineError), (where, error)
        assert "data files cannot be read" in error.message, where
        assert "restore" in error.remedy


def test_an_overwrite_heals_its_table(shop):
    data_files(shop, "silver/kept")[0].unlink()
    shop.declare(CONTRACTS, PIPELINES.format(mode="overwrite"))
    shop.run().all_succeeded()
    assert shop.rows("totals") == TOTALS


def test_landing_files_are_not_taken_twice_where_the_record_of_them_is_damaged(shop):
    """Manifests record the only landing file of a data file; of several, some may have no row left."""
    data_files(shop, "bronze/raw")[0].unlink()
    assert shop.run("load").notices == ["no new files; the table is unchanged"]
    shop.land("raw/2.csv", csv_of("id,shop", [(4, "b")]))
    shop.land("raw/3.csv", csv_of("id,shop", [(5, "b"), (6, "b"), (7, "b"), (8, "b")]))
    present = set(data_files(shop, "bronze/raw"))
    shop.run("load").all_succeeded()
    (added,) = set(data_files(shop, "bronze/raw")) - present
    added.unlink()
    error = shop.run("load").error("load")
    assert "the table bronze.raw has lost a data file" in error.message


@pytest.mark.parametrize("loss", ["gone", "empty"])
@pytest.mark.parametrize("staging", [False, True])
def test_tables_that_the_catalog_has_lost_are_neither_begun_anew_nor_removed(shop, loss, staging):
    warehouse = shop.root / ".alur/warehouse"
    catalog = warehouse / "catalog.db"
    catalog.unlink() if loss == "gone" else catalog.write_bytes(b"")
    if staging:
        (warehouse / "staging" / "bronze.raw" / "old").mkdir(parents=True)
    files = sorted(path for path in warehouse.rglob("*.parquet"))
    error = shop.run("load").error("load")
    assert isinstance(error, EngineError)
    assert (
        f"has no entry for the table bronze.raw, whose files are in {warehouse / 'bronze/raw'}"
        in error.message
    )
    assert "alur adopt bronze.raw" in error.remedy
    assert sorted(path for path in warehouse.rglob("*.parquet")) == files
    project = shop.load()
    adopted = [
        local_warehouse_at(shop.root).adopt(project.table(t)) for t in ("raw", "kept", "totals")
    ]
    assert adopted == [True, True, True]
    assert not local_warehouse_at(shop.root).adopt(project.table("raw"))
    assert shop.rows("totals") == TOTALS
    shop.land("raw/2.csv", csv_of("id,shop", [(4, "b")]))
    ran = shop.run().all_succeeded()
    # The files already taken are still recorded.
    assert ran.succeeded("load").files == {"raw": ("raw/2.csv",)}
    assert shop.rows("totals") == [("a", 2), ("b", 2)]


def test_a_table_that_was_removed_with_its_folder_begins_anew(shop):
    warehouse = shop.root / ".alur/warehouse"
    (warehouse / "catalog.db").unlink()
    for layer in ("bronze", "silver", "gold"):
        shutil.rmtree(warehouse / layer)
    shop.run().all_succeeded()
    assert shop.rows("totals") == TOTALS


def test_files_newer_than_a_restored_catalog_are_kept(shop):
    warehouse = shop.root / ".alur/warehouse"
    old = (warehouse / "catalog.db").read_bytes()
    for number in (2, 3, 4):
        shop.land(f"raw/{number}.csv", csv_of("id,shop", [(number + 2, "b")]))
        shop.run().all_succeeded()
    (warehouse / "catalog.db").write_bytes(old)
    (warehouse / "staging" / "bronze.raw" / "old").mkdir(parents=True)
    files = data_files(shop, "bronze/raw")
    error = shop.run("load").error("load")
    assert "is older than the table bronze.raw" in error.message
    assert data_files(shop, "bronze/raw") == files
    (warehouse / "catalog.db").unlink()
    project = shop.load()
    for name in ("raw", "kept", "totals"):
        assert local_warehouse_at(shop.root).adopt(project.table(name))
    shop.run().all_succeeded()
    assert shop.rows("totals") == [("a", 2), ("b", 4)]
