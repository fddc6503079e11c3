"""Write modes into tables whose partitioning, partition column or contract has changed since they were written."""

from datetime import datetime, timezone
from itertools import product

import pyarrow as pa
import pytest

from tests.engines import each_engine
from tests.tiny_project import csv_of, local_warehouse_at

PARTITIONINGS = ("", ', partition_by="a"', ', partition_by=days("at")')
KEPT = {"overwrite": (), "append": (1, 2), "merge": (1, 2), "overwrite_partitions": (2,)}
AT = {day: datetime(2024, 5, day, 12, tzinfo=timezone.utc) for day in (1, 2)}


def declare(project, mode, head, fields="a: str\n    b: str\n    at: datetime"):
    project.declare(
        f"""
class Raw(BronzeTable):
    id: int
    {fields}

class T(SilverTable{head}):
    id: int
    {fields}
""",
        f"""
@pipeline(sources={{"raw": files("raw.csv", schema=Raw)}}, target=Raw)
def load(raw):
    return raw

@pipeline(sources={{"raw": Raw}}, target=T, mode="{mode}")
def write(raw):
    return raw
""",
    )


def write(project, header, *rows):
    project.land("raw.csv", csv_of(header, rows))
    return project.run()


def declare_all(project, modes):
    """Declare a table for each combination; its mode is ``append`` before, and its own mode afterwards."""
    contracts = "class Raw(BronzeTable):\n    id: int\n    a: str\n    b: str\n    at: datetime\n"
    pipelines = """
@pipeline(sources={"raw": files("raw.csv", schema=Raw)}, target=Raw)
def load(raw):
    return raw
"""
    for name, mode, key, by in modes:
        contracts += f"""
class {name}(SilverTable{key}{by}):
    id: int
    a: str
    b: str
    at: datetime
"""
        pipelines += f"""
@pipeline(sources={{"raw": Raw}}, target={name}, mode="{mode}")
def write_{name}(raw):
    return raw
"""
    project.declare(contracts, pipelines)


@pytest.mark.parametrize(
    ("engine", "after"),
    [
        *(("sail", after) for after in PARTITIONINGS),
        ("spark", PARTITIONINGS[2]),
        *(pytest.param("spark", after, marks=pytest.mark.nightly) for after in PARTITIONINGS[:2]),
    ],
)
def test_each_mode_writes_into_tables_of_every_partitioning(project, after):
    tables = [
        (f"t{number}", *combination)
        for number, combination in enumerate(product(KEPT, ("", ', key="id"'), PARTITIONINGS))
        if combination[:2] != ("merge", "") and (after or combination[0] != "overwrite_partitions")
    ]
    header = "id,a,b,at"
    old = [(1, "x", "x", AT[1]), (2, "y", "y", AT[2])]
    new = (3, "x", "x", AT[1])
    declare_all(project, [(name, "append", key, by) for name, _, key, by in tables])
    write(project, header, *old).all_succeeded()
    declare_all(project, [(name, mode, key, after) for name, mode, key, _ in tables])
    write(project, header, new).all_succeeded()
    for name, mode, key, before in tables:
        found = project.rows(name, "id", "a", "b", "at")
        expected = [*(row for row in old if row[0] in KEPT[mode]), new]
        assert found == expected, (mode, key, before)
        files = project.table(name).inspect.files()
        assert set(files["spec_id"].to_pylist()) == {project.table(name).spec().spec_id}


@each_engine
def test_partitions_of_a_widened_column_are_replaced(project):
    """The new rows' partitions may be values that the old type lacks."""
    fields = "n: {}\n    a: str"
    declare(project, "overwrite_partitions", ', key="id", partition_by="n"', fields.format("Int32"))
    write(project, "id,n,a", (1, 1, "x"), (2, 2, "y")).all_succeeded()
    declare(project, "overwrite_partitions", ', key="id", partition_by="n"', fields.format("int"))
    write(project, "id,n,a", (2, 2, "z"), (3, 2**40, "z")).all_succeeded()
    assert project.rows("t") == [(1, 1, "x"), (2, 2, "z"), (3, 2**40, "z")]
    error = write(project, "id,n,a", (1, 2**41, "z")).error("write")
    assert "1 of 1 row violates: id must be unique" in error.message


@pytest.mark.parametrize("mode", KEPT)
def test_a_table_that_was_never_written_takes_any_contract(project, mode):
    """A run killed before its commit leaves an empty table."""
    declare(project, mode, ', key="id", partition_by="b"', "b: str")
    catalog = local_warehouse_at(project.root).catalog
    catalog.create_namespace("silver")
    location = str(project.root / ".alur/warehouse/silver/t")
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("a", pa.string())])
    catalog.create_table(("silver", "t"), schema, location)
    write(project, "id,b", (1, "x")).all_succeeded()
    assert project.rows("t") == [(1, "x")]
    assert [field.name for field in project.table("t").schema().fields] == ["id", "b"]
