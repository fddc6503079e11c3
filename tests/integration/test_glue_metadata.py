"""The state of a table by its metadata file, whichever tool wrote it."""

import json

import pytest

from alur.errors import EngineError
from alur.runtime.tables.state import Snapshot, TableState


def file(type_="long", transform="identity", snapshots=(), current=None):
    return json.dumps(
        {
            "location": "s3://bucket/t/",
            "schemas": [
                {"schema-id": 0, "fields": []},
                {
                    "schema-id": 1,
                    "fields": [{"id": 1, "name": "n", "type": type_, "required": False}],
                },
            ],
            "current-schema-id": 1,
            "partition-specs": [
                {"spec-id": 7, "fields": [{"source-id": 1, "name": "p", "transform": transform}]}
            ],
            "default-spec-id": 7,
            "snapshots": [
                {
                    "snapshot-id": id_,
                    "timestamp-ms": id_,
                    "summary": {"operation": operation, "total-records": "5"},
                }
                | ({"parent-snapshot-id": parent} if parent else {})
                for id_, parent, operation in snapshots
            ],
            "current-snapshot-id": current,
        }
    )


@pytest.mark.parametrize(
    "type_",
    [
        "timestamp",
        "uuid",
        "fixed[16]",
        {"type": "map", "key": "int", "value": "int", "value-required": True},
        {"type": "list", "element": "time", "element-required": True},
    ],
)
def test_types_that_no_contract_has(type_):
    with pytest.raises(EngineError, match="which contracts do not support"):
        TableState.parse(file(type_))


@pytest.mark.parametrize("transform", ["zorder", "bucket[4", "unknown"])
def test_partitions_that_no_contract_has(transform):
    with pytest.raises(EngineError, match="which contracts do not support"):
        TableState.parse(file(transform=transform))


@pytest.mark.parametrize("current", [None, -1])
def test_a_table_that_was_never_written(current):
    found = TableState.parse(file(current=current))
    assert (found.snapshot, found.location) == (None, "s3://bucket/t")
    assert not found.written_since(None)


BASE = Snapshot(1, None, "append", 0, 5)


@pytest.mark.parametrize(
    ("snapshots", "base", "written"),
    [
        ([(1, None, "append")], BASE, False),
        ([(1, None, "append"), (2, 1, "append")], BASE, True),
        ([(1, None, "append"), (2, 1, "replace")], BASE, False),
        ([(1, None, "append"), (2, 1, "overwrite"), (3, 2, "replace")], BASE, True),
        # A replaced table, and one with an expired history.
        ([(1, None, "append"), (2, None, "overwrite")], BASE, True),
        ([(3, 2, "replace")], BASE, True),
        ([(1, None, "append")], None, True),
    ],
)
def test_compaction_is_no_write(snapshots, base, written):
    found = TableState.parse(file(snapshots=snapshots, current=snapshots[-1][0]))
    assert found.written_since(base) is written
