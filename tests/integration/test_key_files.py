"""The search for files that hold keys, on real Iceberg tables, against a look into every row."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import count
from typing import Annotated

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from alur import SilverTable, bucket, days, truncate
from alur.contracts.table import contract_of
from alur.pipelines.modes import Rows
from alur.runtime.local import LocalWarehouse
from alur.runtime.tables.arrow_types import arrow_schema
from alur.runtime.tables.provenance import Provenance, RunIdentity
from alur.runtime.tables.pyiceberg_commits import commit_files, create_table
from alur.runtime.tables.pyiceberg_data_files import data_files, local_path
from alur.runtime.tables.pyiceberg_key_files import files_with_keys, staged_keys
from alur.runtime.tables.write_plan import Files, WritePlan

APPEND = WritePlan("evolve", Rows.ALL, Files.NONE)
RUN = Provenance(RunIdentity("r", "p", "c"))
TEXTS = st.text("a\u00ffé\U0001f600", max_size=2).map(lambda end: "customers/2026-01-" + end)
VALUES = {
    "int": st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1]),
    "str": TEXTS | st.just(""),
    "bytes": st.binary(max_size=2),
    "bool": st.booleans(),
    "date": st.dates(date(1969, 12, 30), date(1970, 1, 3)),
    "datetime": st.datetimes(datetime(1969, 12, 31), datetime(1970, 1, 2)).map(
        lambda time: time.replace(tzinfo=timezone.utc)
    ),
    "Decimal": st.integers(-300, 300).map(lambda n: Decimal(n).scaleb(-2)),
}
PARTITIONS = {
    "int": [None, "a", bucket(3, "a"), truncate(2, "a")],
    "str": [None, "a", bucket(3, "a"), truncate(18, "a")],
    "bytes": [None],
    "bool": [None, "a"],
    "date": [None, days("a")],
    "datetime": [None, days("a")],
    "Decimal": [None, bucket(3, "a")],
}
NAMES = count()


TYPES = {
    "int": int,
    "str": str,
    "bytes": bytes,
    "bool": bool,
    "date": date,
    "datetime": datetime,
    "Decimal": Annotated[Decimal, Field(max_digits=9, decimal_places=2)],
}


def contract(type_, partition):
    fields = {"a": TYPES[type_], "b": int, "n": float}
    keywords = {} if partition is None else {"partition_by": partition}
    name = f"t{next(NAMES)}"
    body = {"__annotations__": fields, "__module__": __name__}
    return contract_of(type(SilverTable)(name, (SilverTable,), body, key=("a", "b"), **keywords))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    return LocalWarehouse(tmp_path_factory.mktemp("warehouse"))


def staged(folder, schema, rows):
    folder.mkdir()
    columns = list(zip(*rows, strict=True))
    table = pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema.names
    )
    pq.write_table(table, folder / "rows.parquet")
    return folder


@pytest.mark.parametrize("type_", VALUES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_files_are_those_with_a_row_of_one_of_the_keys(type_, warehouse, tmp_path_factory, data):
    row = st.tuples(VALUES[type_], st.integers(0, 2), st.just(0.5))
    batches = data.draw(st.lists(st.lists(row, min_size=1, max_size=4), min_size=1, max_size=4))
    wanted = data.draw(st.lists(row, min_size=1, max_size=4))
    declared = contract(type_, data.draw(st.sampled_from(PARTITIONS[type_])))
    table = create_table(warehouse.catalog, declared, str(warehouse.table_folder(declared)))
    schema = arrow_schema(table.schema())
    folder = tmp_path_factory.mktemp("staged")
    for number, batch in enumerate(batches):
        commit_files(table, declared, staged(folder / f"{number}", schema, batch), APPEND, RUN)
    keys = staged_keys(table, staged(folder / "keys", schema, wanted), declared)

    found = {file.file_path for file in files_with_keys(table, keys)}

    expected = set()
    for file in data_files(table):
        rows = ds.dataset(local_path(file.file_path), format="parquet").to_table().to_pylist()
        if {(r["a"], r["b"]) for r in rows} & {(a, b) for a, b, _ in wanted}:
            expected.add(file.file_path)
    assert found == expected
